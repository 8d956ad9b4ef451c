/// The stages of `cellbridge doctor`, in their order; each stands on those before it.
package enum DoctorStage: Int, CaseIterable, Sendable {
    /// The device: exists, may be opened, is nobody else's.
    case port
    /// The module answers `AT` at the configured rate.
    case rate
    /// What is sent does not come back.
    case echo
    /// Which module it is, and its profile.
    case identity
    /// The SIM, and its PIN.
    case card
    /// How strong the signal is.
    case signal
    /// Which network.
    case network
    /// Whether that network takes the SIM.
    case registration
    /// Whether it carries packets for it.
    case attach
    /// The address of the PDP context.
    case address
    /// The broker's name.
    case dns
    /// A TCP connection to the broker.
    case tcp
    /// TLS on it.
    case tls
    /// The MQTT session: CONNACK.
    case mqtt
    /// A message that comes back.
    case publish

    /// The word in the output.
    package var name: String {
        switch self {
        case .port: "port"
        case .rate: "rate"
        case .echo: "echo"
        case .identity: "identity"
        case .card: "sim"
        case .signal: "signal"
        case .network: "operator"
        case .registration: "registration"
        case .attach: "attach"
        case .address: "address"
        case .dns: "dns"
        case .tcp: "tcp"
        case .tls: "tls"
        case .mqtt: "mqtt"
        case .publish: "publish"
        }
    }

    /// The exit status when it fails: 10 to 24, below those of sysexits.h.
    package var exitStatus: ExitCode { ExitCode(rawValue: Int32(10 + rawValue)) ?? .failed }
}
