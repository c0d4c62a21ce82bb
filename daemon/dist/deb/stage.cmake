# SPDX-License-Identifier: MIT
# What a package has and an installation by hand has not: the configuration in its place (where a second `cmake --install`
# would overwrite it), the licence and the list of changes as Debian has them, and manuals packed.
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY})
set(documents ${root}/usr/share/doc/byname)

# COPY, since INSTALL would go below DESTDIR, which is set here, once more.
file(COPY ${CPACK_BYNAME_DIST}/bynamed.conf DESTINATION ${root}/etc/byname)
file(COPY ${CPACK_BYNAME_DIST}/deb/copyright DESTINATION ${documents})
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC) # SOURCE_DATE_EPOCH where that is set
file(CONFIGURE OUTPUT ${documents}/changelog @ONLY CONTENT
"byname (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * Built from source; the repository's log says what has changed.

 -- ${CPACK_PACKAGE_CONTACT}  ${now}
")
file(GLOB manuals ${root}/usr/share/man/man*/*)
execute_process(COMMAND gzip --best --no-name --force ${documents}/changelog ${manuals} COMMAND_ERROR_IS_FATAL ANY)
