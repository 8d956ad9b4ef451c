/// How a module carries the bytes of a TCP connection in its AT dialogue.
public enum SocketDialect: Sendable, Equatable, CaseIterable {
    /// `AT+CIP…`: Air724UG, Air780E and EP, EC716S (YM310 AT manual 9; Air724UG TCP guide).
    case cip
    /// `AT+QI…` of the GSM modules: Quectel Mxx (Quectel GSM TCP/IP guide).
    case qi
    /// `AT+QI…` of NB-IoT, hexadecimal: Quectel BC260Y-CN (BC260Y-CN TCP/IP guide).
    case bc260y
}
