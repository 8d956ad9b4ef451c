#define _GNU_SOURCE
#include "CLinuxShims.h"
#include <grp.h>
#include <stdio.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static int address(const char *path, struct sockaddr_un *to) {
    memset(to, 0, sizeof *to);
    to->sun_family = AF_UNIX;
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof to->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(to->sun_path, path, length);
    return 0;
}

int cellbridge_unix_listen(const char *path, int backlog) {
    struct sockaddr_un to;
    if (address(path, &to) < 0) return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    // The file gets the socket's mode: nobody else can connect before its group is set.
    if (fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&to, sizeof to) < 0 || listen(fd, backlog) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

int cellbridge_unix_connect(const char *path) {
    struct sockaddr_un to;
    if (address(path, &to) < 0) return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    // A unix socket connects at once or, with a full backlog, fails with EAGAIN.
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

int cellbridge_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

int cellbridge_peer(int fd, pid_t *pid, uid_t *uid, gid_t *gid) {
    struct ucred who;
    socklen_t size = sizeof who;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0) return -1;
    *pid = who.pid;
    *uid = who.uid;
    *gid = who.gid;
    return 0;
}

long cellbridge_group(const char *name) {
    // static-linked glibc needs the host's NSS for getgrnam; the group of a package is in /etc/group.
    FILE *file = fopen("/etc/group", "re");
    if (!file) return -1;
    struct group entry, *found = NULL;
    char buffer[4096];
    long number = -1;
    while (fgetgrent_r(file, &entry, buffer, sizeof buffer, &found) == 0 && found) {
        if (strcmp(found->gr_name, name) == 0) {
            number = (long)found->gr_gid;
            break;
        }
    }
    fclose(file);
    return number;
}
