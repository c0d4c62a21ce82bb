/* SPDX-License-Identifier: MIT
 *
 * replay.c - feeds a fuzz target every file of the folders and every file that the command line names.
 *
 * In place of libFuzzer: with any compiler, without mutation. A target that does not hold ends the process; the file it
 * was given is named before.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

#define INPUT_SIZE_MAX (1024 * 1024)
#define PATH_SIZE_MAX 4096

static unsigned replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(INPUT_SIZE_MAX);

    if (file == NULL || data == NULL) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(2);
    }
    size_t size = fread(data, 1, INPUT_SIZE_MAX, file);
    fclose(file);
    /* Exactly as large as the input, so that a sanitizer sees a read beyond it. */
    uint8_t *input = malloc(size == 0 ? 1 : size);
    if (input == NULL)
        exit(2);
    memcpy(input, data, size);
    free(data);
    printf("%s\n", path);
    fflush(stdout); /* before what may be the last thing this process does */
    (void)LLVMFuzzerTestOneInput(input, size);
    free(input);
    return 1;
}

static unsigned replay(const char *path)
{
    struct stat status;
    unsigned count = 0;
    struct dirent *entry;

    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return replay_file(path);
    DIR *folder = opendir(path);
    if (folder == NULL) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(2);
    }
    while ((entry = readdir(folder)) != NULL) {
        char name[PATH_SIZE_MAX];
        if (entry->d_name[0] == '.')
            continue;
        int size = snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (size > 0 && (size_t)size < sizeof name)
            count += replay_file(name);
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    const char *program = strrchr(argv[0], '/');
    unsigned count = 0;

    for (int i = 1; i < argc; i++)
        count += replay(argv[i]);
    printf("proof: %s: %u kept inputs replayed, none fails\n", program == NULL ? argv[0] : program + 1, count);
    return count == 0;
}
