/// The socket link: an MQTT session of ours over a TCP connection of the module.
extension LinkStateMachine {
    /// MQTT is up and subscribed.
    public mutating func sessionEstablished(now: Duration) -> [LinkAction] { take() }

    /// There is no MQTT session over the standing connection, or no longer.
    public mutating func sessionFailed(_ failure: SessionFailure, now: Duration) -> [LinkAction] { take() }
}
