/// Every bound and every wait of a ``CommandSession``.
public struct Limits: Equatable, Sendable {
    /// Longest line in bytes; a longer one is discarded. The echo of our own command may be longer.
    public var lineLength = 1024
    /// Largest payload in bytes that a `+MSUB` header may announce.
    public var maximumPayload = 8192
    /// Most bytes of a TCP connection that one header may announce.
    public var maximumFrame = 4096
    /// Most lines in one answer.
    public var responseLines = 256
    /// Bytes of discarded input that are kept for the log.
    public var excerptLength = 64
    /// Silence after which an incomplete `+MSUB`, or frame of a TCP connection, is decided from what is there. The module
    /// has acknowledged it, so a pause of the line inside it must not lose it; only a module that died in the middle makes
    /// this time felt.
    public var messageSilence: Duration = .seconds(2)
    /// Silence in the middle of a frame after which what reads as the start of a line is one: a module that was reset
    /// prints its first line earlier than ``messageSilence`` (0.3 s after a fall of the supply).
    public var frameSilence: Duration = .milliseconds(200)
    /// Silence after which pushed bytes of a TCP connection are whole though no line end follows: a module may add none.
    public var pushSilence: Duration = .milliseconds(50)
    /// Silence after several sync attempts, so that late OKs are not credited to the next command.
    public var drainSilence: Duration = .milliseconds(300)
    /// How often AT is tried when resynchronising.
    public var resyncAttempts = 15
    /// Pause between those.
    public var resyncInterval: Duration = .milliseconds(500)
    /// Silence that ends the probe when its final came without its line.
    public var probeSilence: Duration = .milliseconds(500)
    /// How long the probe, or the draining, may take in all.
    public var probeTimeout: Duration = .seconds(9)
    /// How long after a boot banner a data prompt may still come: the banner may be older than the command.
    public var promptGrace: Duration = .seconds(2)
    /// How long the line is awaited that follows the OK of some commands: `CLOSE OK`, `STATE: …`.
    public var lineAfterOK: Duration = .seconds(3)
    /// How long an additional OK is awaited after an end that is not OK.
    public var strayOKGrace: Duration = .milliseconds(200)

    /// The usual bounds.
    public init() {}
}
