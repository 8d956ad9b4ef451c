// What the Glibc module map of the toolchain leaves out: epoll, eventfd, timerfd, signalfd, PTYs.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pty.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <termios.h>
#include <unistd.h>

/// open(2) with O_CLOEXEC and a mode; Swift cannot call variadics.
int cellbridge_open(const char *path, int flags, unsigned int mode);
/// fcntl(fd, cmd, arg).
int cellbridge_fcntl(int fd, int command, int argument);
/// ioctl(fd, request) and ioctl(fd, request, pointer).
int cellbridge_ioctl(int fd, unsigned long request, void *argument);

/// The B-constant of a speed in bit/s, 0 when termios has none.
unsigned int cellbridge_speed(unsigned int bitsPerSecond);
/// Raw 8N1 with CLOCAL, CREAD, VMIN 1, VTIME 0, no HUPCL; `rtscts` turns the hardware handshake on.
/// 0: done; 1: the device did not keep the speed; 2: it did not keep the rest; -1: errno.
int cellbridge_serial_raw(int fd, unsigned int bitsPerSecond, int rtscts);
/// Marks the terminal exclusive (or takes the mark off).
int cellbridge_set_exclusive(int fd, int on);
/// 1 when somebody marked the terminal exclusive, 0 when not or when the driver does not say.
int cellbridge_is_exclusive(int fd);
/// 1 when `fd` is the slave side of a pseudo-terminal.
int cellbridge_is_pty(int fd);
/// A pseudo-terminal's master (non-blocking, close-on-exec) and its slave's path.
int cellbridge_pty_open(char *path, size_t size);

enum {
    /// The child gets SIGKILL when this process ends, however it ends.
    CELLBRIDGE_DIES_WITH_PARENT = 1,
    /// The child leads a process group of its own.
    CELLBRIDGE_OWN_GROUP = 2,
};
/// Starts a program without copying this process. Descriptors other than the three given are closed in the
/// child, its signals are at their defaults. A descriptor of -1 is inherited, a null `environment` or
/// `directory` too. The pid, or -1 with errno (that of execve included).
pid_t cellbridge_spawn(const char *path, char *const *arguments, char *const *environment, const char *directory,
                       int input, int output, int error, int flags);
/// pidfd_open(2): readable once the process has ended.
int cellbridge_pidfd_open(pid_t pid);
/// Reaps an ended child without waiting. 0: still running; 1: exited with *value; 2: killed by signal *value;
/// -1: errno.
int cellbridge_reap(pid_t pid, int *value);
/// Removes a directory and everything under it; links are not followed.
int cellbridge_remove_tree(const char *path);
/// A TCP listener's free port on 127.0.0.1, or -1.
int cellbridge_free_port(void);
/// 1 when something accepts TCP connections on 127.0.0.1:port.
int cellbridge_accepts(int port);
/// pipe2(2) with close-on-exec.
int cellbridge_pipe(int *reading, int *writing);

/// What one step of getopt_long(3) found.
struct cellbridge_option_step {
    /// The option's value; -1 at the end; '?' for an unknown option; ':' for one without its argument.
    int value;
    /// `optopt`: which option '?' and ':' are about, 0 for an unknown long one.
    int about;
    /// `optind`: the word that comes next.
    int next;
    /// The argument, inside `argv`.
    const char *argument;
};
/// One step of getopt_long(3), which prints nothing itself; `restart` begins with the first word. One thread at a time.
struct cellbridge_option_step cellbridge_getopt(int argc, char *const *argv, const char *shorts,
                                                const struct option *longs, int restart);

/// Unmaps the pages of program and libraries code; those that are needed come back from the page cache. Returns how many
/// mappings were looked at.
int cellbridge_release_code(void);

/// 1 when the kernel counts the clock as synchronised (adjtimex(2)), 0 when not, -1 when it cannot be asked.
int cellbridge_clock_is_synchronised(void);

/// A listening unix socket at `path` (non-blocking, close-on-exec) that only its owner can reach until its mode is
/// changed; -1 with errno (EADDRINUSE: something is there).
int cellbridge_unix_listen(const char *path, int backlog);
/// A connected unix socket, or -1 with errno; the descriptor is non-blocking afterwards.
int cellbridge_unix_connect(const char *path);
/// accept4(2), non-blocking and close-on-exec.
int cellbridge_accept(int listener);
/// Who is at the other end (SO_PEERCRED). 0, or -1 with errno.
int cellbridge_peer(int fd, pid_t *pid, uid_t *uid, gid_t *gid);
/// The number of a group; -1 when there is none of that name.
long cellbridge_group(const char *name);
