import CLinuxShims
import Glibc

/// What is known of this host's clock.
public enum SystemClock {
    /// Whether something keeps it right: the kernel says so (chronyd, ntpd and systemd-timesyncd tell it), or
    /// systemd-timesyncd has left its mark. Does not block; any thread.
    public static var isSynchronised: Bool {
        if cellbridge_clock_is_synchronised() == 1 { return true }
        return unsafe access("/run/systemd/timesync/synchronized", F_OK) == 0
    }
}
