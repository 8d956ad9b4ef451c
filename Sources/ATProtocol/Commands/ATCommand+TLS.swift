/// The module's TLS client: YM310 AT manual 9.7.
extension ATCommand {
    /// The TLS context of the MQTT client (YM310 AT manual 9.7).
    public static let mqttTLSContext = 88

    /// One parameter of a TLS context with its value.
    public enum TLSParameter: Equatable, Sendable {
        /// `"sslversion"`: 0 SSL 3.0, 1 TLS 1.0, 2 TLS 1.1, 3 TLS 1.2, 4 all of them.
        case version(Int)
        /// `"ciphersuite"`: the number of a suite, 0xFFFF for all.
        case cipherSuite(UInt16)
        /// `"cacert"`: name of the file with the trusted CA.
        case caCertificate(String)
        /// `"clientcert"`: name of the file with our certificate.
        case clientCertificate(String)
        /// `"clientkey"`: name of the file with its key.
        case clientKey(String)
        /// `"seclevel"`: 0 no authentication, 1 of the server, 2 of server and client.
        case securityLevel(Int)
        /// `"hostname"`: the name that the server's certificate must have.
        case hostName(String)
        /// `"ignorelocaltime"`: whether expired certificates pass.
        case ignoreLocalTime(Bool)
        /// `"negotiatetimeout"`: 10 to 300 seconds.
        case negotiateTimeout(Int)
        /// `"verifymode"`: 0 root certificate, 1 other certificates.
        case verifyMode(Int)

        /// The name between the quotes.
        public var key: String {
            switch self {
            case .version: "sslversion"
            case .cipherSuite: "ciphersuite"
            case .caCertificate: "cacert"
            case .clientCertificate: "clientcert"
            case .clientKey: "clientkey"
            case .securityLevel: "seclevel"
            case .hostName: "hostname"
            case .ignoreLocalTime: "ignorelocaltime"
            case .negotiateTimeout: "negotiatetimeout"
            case .verifyMode: "verifymode"
            }
        }
    }

    /// `AT+SSLCFG="key",context,value`. Kept until the module loses power. YM310 AT manual 9.7.
    public static func sslcfg(
        _ parameter: TLSParameter, context: Int = mqttTLSContext
    ) throws(ATEncodingError) -> ATCommand {
        var writer = CommandWriter("AT+SSLCFG=\"\(parameter.key)\",\(context),")
        switch parameter {
        case .version(let number): try writer.append(number: number, in: 0...4, field: "TLS version")
        case .cipherSuite(let suite): writer.append("0X" + hexadecimal(suite))
        case .caCertificate(let name), .clientCertificate(let name), .clientKey(let name):
            try writer.append(quoted: name, field: "file name", limit: fileNameLimit)
        case .securityLevel(let level): try writer.append(number: level, in: 0...2, field: "security level")
        case .hostName(let name): try writer.append(quoted: name, field: "host name")
        case .ignoreLocalTime(let ignored): writer.append(number: ignored ? 1 : 0)
        case .negotiateTimeout(let seconds):
            try writer.append(number: seconds, in: 10...300, field: "negotiation time")
        case .verifyMode(let mode): try writer.append(number: mode, in: 0...1, field: "verification mode")
        }
        return ATCommand(line: writer.line, prefixes: ["+SSLCFG"])
    }

    /// `0X003D` without its `0X`.
    private static func hexadecimal(_ number: UInt16) -> String {
        let nibbles = [12, 8, 4, 0].map { Hex.digit(UInt8(truncatingIfNeeded: number >> $0)) }
        return String(decoding: nibbles, as: UTF8.self)
    }
}
