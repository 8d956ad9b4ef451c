#define _GNU_SOURCE
#include "CLinuxShims.h"

#include <link.h>
#include <string.h>
#include <sys/mman.h>

// One object's segments that nobody can have written to: dropping their pages loses nothing.
static int release_object(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    (void)context;
    // The kernel's own page is no file.
    if (strncmp(info->dlpi_name, "linux-", 6) == 0) return 0;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int index = 0; index < info->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[index];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) != 0) continue;
        uintptr_t start = (info->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        uintptr_t end = (info->dlpi_addr + segment->p_vaddr + segment->p_memsz + page - 1) & ~(page - 1);
        madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

void cellbridge_release_code_pages(void) {
    dl_iterate_phdr(release_object, NULL);
}
