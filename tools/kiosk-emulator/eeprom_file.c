/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "eeprom_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "eeprom_model.h"

/* Returns why the file cannot serve, or NULL. */
static const char *prepare(int fd)
{
    struct stat status;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        return "is in use by another emulator";
    }
    if (fstat(fd, &status) != 0) {
        return strerror(errno);
    }
    if (!S_ISREG(status.st_mode)) {
        return "is not a regular file";
    }
    if (status.st_size == 0) {
        uint8_t blank[EEPROM_SIZE];
        memset(blank, 0xFF, sizeof blank);
        return write(fd, blank, sizeof blank) == (ssize_t)sizeof blank ? NULL
                                                                       : "cannot be filled (disk full?)";
    }
    return status.st_size == EEPROM_SIZE ? NULL : "is not an EEPROM image: its size is not 4096 bytes";
}

int eeprom_file_open(struct eeprom_file *file, const char *path, const char **error)
{
    memset(file, 0, sizeof *file);
    file->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file->fd < 0) {
        *error = strerror(errno);
        return -1;
    }
    *error = prepare(file->fd);
    if (*error == NULL) {
        void *cells = mmap(NULL, EEPROM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd, 0);
        file->cells = cells == MAP_FAILED ? NULL : cells;
        *error = file->cells == NULL ? "cannot be mapped" : NULL;
    }
    if (*error != NULL) {
        close(file->fd);
        return -1;
    }
    return 0;
}

void eeprom_file_close(struct eeprom_file *file)
{
    if (file->cells != NULL) {
        munmap(file->cells, EEPROM_SIZE);
        close(file->fd);
        file->cells = NULL;
    }
}
