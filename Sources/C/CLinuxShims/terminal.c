#define _GNU_SOURCE
#include "CLinuxShims.h"

#include <stdlib.h>
#include <sys/sysmacros.h>

unsigned int cellbridge_speed(unsigned int bitsPerSecond) {
    switch (bitsPerSecond) {
    case 1200: return B1200;
    case 2400: return B2400;
    case 4800: return B4800;
    case 9600: return B9600;
    case 19200: return B19200;
    case 38400: return B38400;
    case 57600: return B57600;
    case 115200: return B115200;
    case 230400: return B230400;
    case 460800: return B460800;
    case 500000: return B500000;
    case 576000: return B576000;
    case 921600: return B921600;
    case 1000000: return B1000000;
    case 1152000: return B1152000;
    case 1500000: return B1500000;
    case 2000000: return B2000000;
    case 2500000: return B2500000;
    case 3000000: return B3000000;
    case 3500000: return B3500000;
    case 4000000: return B4000000;
    default: return 0;
    }
}

int cellbridge_serial_raw(int fd, unsigned int bitsPerSecond, int rtscts) {
    struct termios settings, kept;
    speed_t speed = cellbridge_speed(bitsPerSecond);
    if (speed == 0) {
        errno = EINVAL;
        return -1;
    }
    if (tcgetattr(fd, &settings) != 0) return -1;
    cfmakeraw(&settings);
    settings.c_iflag &= ~(tcflag_t)(INPCK | IXOFF | IXANY);
    settings.c_cflag &= ~(tcflag_t)(CSTOPB | HUPCL | CRTSCTS);
    settings.c_cflag |= CLOCAL | CREAD;
    if (rtscts) settings.c_cflag |= CRTSCTS;
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    if (cfsetspeed(&settings, speed) != 0 || tcsetattr(fd, TCSANOW, &settings) != 0) return -1;
    // tcsetattr succeeds when any one setting took. Parity is left out: a PTY drops it silently.
    if (tcgetattr(fd, &kept) != 0) return -1;
    if (cfgetospeed(&kept) != speed) return 1;
    const tcflag_t control = CSIZE | CSTOPB | CLOCAL | CREAD | CRTSCTS;
    if (((kept.c_cflag ^ settings.c_cflag) & control) != 0) return 2;
    if ((kept.c_lflag & (ICANON | ECHO | ISIG)) != 0 || (kept.c_oflag & OPOST) != 0) return 2;
    return 0;
}

int cellbridge_set_exclusive(int fd, int on) { return ioctl(fd, on ? TIOCEXCL : TIOCNXCL); }

int cellbridge_is_exclusive(int fd) {
    int on = 0;
    return ioctl(fd, TIOCGEXCL, &on) == 0 && on != 0;
}

int cellbridge_is_pty(int fd) {
    struct stat status;
    // UNIX98 slaves have the majors 136 to 143 (devices.txt of the kernel).
    return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && major(status.st_rdev) >= 136 &&
           major(status.st_rdev) <= 143;
}

int cellbridge_pty_open(char *path, size_t size) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (master < 0) return -1;
    int code = 0;
    if (grantpt(master) != 0 || unlockpt(master) != 0) code = errno;
    if (code == 0) code = ptsname_r(master, path, size);
    if (code == 0) return master;
    close(master);
    errno = code;
    return -1;
}
