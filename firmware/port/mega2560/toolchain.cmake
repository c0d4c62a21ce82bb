# SPDX-License-Identifier: MIT
# Arduino Mega 2560: ATmega2560 at 16 MHz, Debian's gcc-avr and avr-libc.
# What each of the options gives is in firmware/README.md, "Size".
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR avr)
set(CMAKE_C_COMPILER avr-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_FLAGS_INIT "-mmcu=atmega2560 -ffunction-sections -fdata-sections -fstack-usage -fno-jump-tables -mrelax -mstrict-X -fno-move-loop-invariants -mcall-prologues -fshort-enums")
set(CMAKE_ASM_FLAGS_INIT "-mmcu=atmega2560")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-mmcu=atmega2560 -mrelax -Wl,--gc-sections -Wl,--fatal-warnings")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
