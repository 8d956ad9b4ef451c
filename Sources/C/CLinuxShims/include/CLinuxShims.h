// What the Glibc module map of the toolchain leaves out: epoll, eventfd, timerfd, signalfd, PTYs.
#pragma once
#include <errno.h>
#include <fcntl.h>
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
