# SPDX-License-Identifier: MIT
# The Debian package: cmake --build --preset host && cpack --config build/host/CPackConfig.cmake
# It is what `cmake --install --prefix /usr` installs, and what deb/stage.cmake adds to it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME byname)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
# The project has no address of its own: example.org is nobody's (RFC 2606). Whoever hands the package on puts theirs here:
# cpack -D CPACK_PACKAGE_CONTACT='NAME <ADDRESS>'.
set(CPACK_PACKAGE_CONTACT "The byname authors <maintainers@byname.example.org>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR})
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/deb/stage.cmake)
set(CPACK_BYNAME_DIST ${CMAKE_CURRENT_LIST_DIR})
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION misc)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The zones' files are read whenever a day begins; systemd or its stand-in makes the user.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers | systemd-sysusers, tzdata")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libjs-chart.js")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "customer feedback kiosks that ask for people by name")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"A kiosk with five buttons asks customers how it went, who helped them, and
whether they asked for that person by name. This package has the collector
and the managers' command:
.
* bynamed takes in what the kiosks on its serial lines have kept, once and
  without a loss, into one SQLite file. No cloud, and no network unless it is
  configured.
* byname prints reports with their intervals, and manages staff, kiosks, help
    calls and backups.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${CMAKE_CURRENT_LIST_DIR}/deb/conffiles
  ${CMAKE_CURRENT_LIST_DIR}/deb/postinst
  ${CMAKE_CURRENT_LIST_DIR}/deb/prerm
  ${CMAKE_CURRENT_LIST_DIR}/deb/postrm)
include(CPack)
