/* SPDX-License-Identifier: MIT
 *
 * fuzz_config.c - any file as bynamed.conf: either every mistake is named, or what was read is what the daemon needs.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/config.h"
#include "fuzz.h"

static void check_kiosk(const struct config *config, uint16_t index)
{
    const struct config_kiosk *kiosk = &config->kiosks[index];
    uint16_t vendor, product;
    const char *serial;

    FUZZ_MUST(kiosk->name[0] != '\0' && strlen(kiosk->name) <= CONFIG_KIOSK_NAME_SIZE_MAX);
    FUZZ_MUST(kiosk->port[0] == '/' || config_parse_usb(kiosk->port, &vendor, &product, &serial));
    FUZZ_MUST(strlen(kiosk->port) <= CONFIG_PATH_SIZE_MAX);
    FUZZ_MUST(kiosk->baud >= 9600 && kiosk->baud <= 1000000);
    for (uint16_t i = 0; i < index; i++) {
        FUZZ_MUST(strcmp(config->kiosks[i].name, kiosk->name) != 0);
        FUZZ_MUST(strcmp(config->kiosks[i].port, kiosk->port) != 0);
    }
}

static void check(const struct config *config)
{
    FUZZ_MUST(config->database[0] == '/' && strlen(config->database) <= CONFIG_PATH_SIZE_MAX);
    FUZZ_MUST(config->socket[0] == '/' && strlen(config->socket) <= CONFIG_SOCKET_SIZE_MAX);
    FUZZ_MUST(config->store[0] != '\0' && config->timezone[0] != '\0');
    FUZZ_MUST(config->kiosk_count <= CONFIG_KIOSKS_MAX);
    for (uint16_t i = 0; i < config->kiosk_count; i++)
        check_kiosk(config, i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config config;
    char path[32];
    char *text = NULL;
    size_t text_size = 0;
    FILE *mistakes = open_memstream(&text, &text_size);
    int fd = memfd_create("bynamed.conf", MFD_CLOEXEC);

    if (mistakes == NULL || fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    unsigned count = config_load(path, &config, mistakes);
    fclose(mistakes);
    FUZZ_MUST((count == 0) == (text_size == 0));
    FUZZ_MUST(text_size == 0 || strncmp(text, path, strlen(path)) == 0);
    if (count == 0)
        check(&config);
    free(text);
    close(fd);
    return 0;
}
