#define _GNU_SOURCE
#include "CLinuxShims.h"

#include <ftw.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

struct request {
    const char *path;
    char *const *arguments;
    char *const *environment;
    const char *directory;
    int descriptors[3];
    int flags;
    pid_t pid;
    int error;
};

// Runs in the child, in the parent's memory (vfork): system calls only, and no return.
static _Noreturn void become(const struct request *request, pid_t parent, volatile int *error) {
    struct sigaction standard;
    memset(&standard, 0, sizeof standard);
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++) sigaction(number, &standard, NULL);
    if (request->flags & CELLBRIDGE_OWN_GROUP) setpgid(0, 0);
    if (request->flags & CELLBRIDGE_DIES_WITH_PARENT) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) goto failed;
        if (getppid() != parent) _exit(127);
    }
    // Out of the way first, or putting one in its place could overwrite another.
    int copies[3] = {-1, -1, -1};
    for (int index = 0; index < 3; index++) {
        if (request->descriptors[index] < 0) continue;
        copies[index] = fcntl(request->descriptors[index], F_DUPFD_CLOEXEC, 3);
        if (copies[index] < 0) goto failed;
    }
    for (int index = 0; index < 3; index++) {
        if (copies[index] >= 0 && dup2(copies[index], index) < 0) goto failed;
    }
#ifdef SYS_close_range
    // Libraries may hold descriptors without close-on-exec; an old kernel leaves it at those that have it.
    syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
#endif
    if (request->directory != NULL && chdir(request->directory) != 0) goto failed;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(request->path, request->arguments, request->environment);
failed:
    *error = errno;
    _exit(127);
}

static void spawn_here(struct request *request) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    volatile int error = 0;
    pid_t parent = getpid();
    pid_t pid = vfork();
    if (pid == 0) become(request, parent, &error);
    if (pid < 0) error = errno;
    if (pid > 0 && error != 0) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
        pid = -1;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    request->pid = pid;
    request->error = error;
}

// The death signal comes when the *thread* that made the child ends. Only the main thread is known to live as
// long as the process, so a child made on any other one is made by a thread that never ends.
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct request *waiting = NULL;
static int started = 0;

static void *spawner(void *unused) {
    (void)unused;
    pthread_mutex_lock(&lock);
    for (;;) {
        while (waiting == NULL) pthread_cond_wait(&changed, &lock);
        spawn_here(waiting);
        waiting = NULL;
        pthread_cond_broadcast(&changed);
    }
    return NULL;
}

static int start_spawner(void) {
    if (started) return 0;
    sigset_t all, before;
    sigfillset(&all);
    pthread_t thread;
    // Signals belong to the other threads.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&thread, NULL, spawner, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code == 0) {
        pthread_detach(thread);
        started = 1;
    }
    return code;
}

static void spawn_on_spawner(struct request *request) {
    pthread_mutex_lock(&turn);
    int code = start_spawner();
    if (code != 0) {
        request->pid = -1;
        request->error = code;
    } else {
        pthread_mutex_lock(&lock);
        waiting = request;
        pthread_cond_broadcast(&changed);
        while (waiting != NULL) pthread_cond_wait(&changed, &lock);
        pthread_mutex_unlock(&lock);
    }
    pthread_mutex_unlock(&turn);
}

pid_t cellbridge_spawn(const char *path, char *const *arguments, char *const *environment, const char *directory,
                       int input, int output, int error, int flags) {
    struct request request = {
        .path = path,
        .arguments = arguments,
        .environment = environment != NULL ? environment : environ,
        .directory = directory,
        .descriptors = {input, output, error},
        .flags = flags,
    };
    // With SIGCHLD ignored (inherited from a careless parent) no exit status would be kept for us.
    struct sigaction child;
    if (sigaction(SIGCHLD, NULL, &child) == 0 && child.sa_handler == SIG_IGN) signal(SIGCHLD, SIG_DFL);
    if ((flags & CELLBRIDGE_DIES_WITH_PARENT) && syscall(SYS_gettid) != getpid()) {
        spawn_on_spawner(&request);
    } else {
        spawn_here(&request);
    }
    if (request.pid < 0) errno = request.error;
    return request.pid;
}

int cellbridge_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int cellbridge_reap(pid_t pid, int *value) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) != 0) return -1;
    if (info.si_pid == 0) return 0;
    *value = info.si_status;
    return info.si_code == CLD_EXITED ? 1 : 2;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status, (void)kind, (void)place;
    return remove(path);
}

int cellbridge_remove_tree(const char *path) { return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT); }

static struct sockaddr_in loopback(int port) {
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((unsigned short)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int cellbridge_free_port(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    int found = bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                getsockname(fd, (struct sockaddr *)&address, &length) == 0;
    close(fd);
    return found ? ntohs(address.sin_port) : -1;
}

int cellbridge_accepts(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return 0;
    struct sockaddr_in address = loopback(port);
    int connected = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return connected;
}

int cellbridge_pipe(int *reading, int *writing) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    *reading = ends[0];
    *writing = ends[1];
    return 0;
}
