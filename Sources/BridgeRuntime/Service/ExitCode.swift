/// Exit statuses of sysexits.h, as the service and the commands use them; below them those of `doctor`.
public enum ExitCode: Int32, Sendable {
    /// Everything went well.
    case ok = 0
    /// What was looked at is not as it should be.
    case failed = 1
    /// `status`: the service does not run (as systemctl has it).
    case notRunning = 3
    // The stage at which `cellbridge doctor` stopped (`DoctorStage`).
    /// `doctor`: port.
    case stagePort = 10
    /// `doctor`: rate.
    case stageRate = 11
    /// `doctor`: echo.
    case stageEcho = 12
    /// `doctor`: identity.
    case stageIdentity = 13
    /// `doctor`: sim.
    case stageCard = 14
    /// `doctor`: signal.
    case stageSignal = 15
    /// `doctor`: operator.
    case stageNetwork = 16
    /// `doctor`: registration.
    case stageRegistration = 17
    /// `doctor`: attach.
    case stageAttach = 18
    /// `doctor`: address.
    case stageAddress = 19
    /// `doctor`: dns.
    case stageDns = 20
    /// `doctor`: tcp.
    case stageTcp = 21
    /// `doctor`: tls.
    case stageTls = 22
    /// `doctor`: mqtt.
    case stageMqtt = 23
    /// `doctor`: publish.
    case stagePublish = 24
    /// Time ran out before anything came, or before a message was delivered; mosquitto_sub's status for it.
    case timedOut = 27
    /// The command line is wrong (EX_USAGE).
    case usage = 64
    /// The contents of an input file are wrong (EX_DATAERR).
    case dataError = 65
    /// An input file or the port does not exist (EX_NOINPUT).
    case noInput = 66
    /// Something the work needs is not to be had (EX_UNAVAILABLE).
    case unavailable = 69
    /// A bug of ours (EX_SOFTWARE).
    case software = 70
    /// The system refuses something it should give (EX_OSERR).
    case systemError = 71
    /// The state directory or another output cannot be made (EX_CANTCREAT).
    case cannotCreate = 73
    /// Busy now, worth another try (EX_TEMPFAIL).
    case temporary = 75
    /// The other side does not behave as agreed (EX_PROTOCOL).
    case protocolError = 76
    /// Not permitted (EX_NOPERM).
    case noPermission = 77
    /// The configuration is wrong (EX_CONFIG).
    case configuration = 78
}
