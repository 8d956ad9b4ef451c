extension ConfigurationDecoder {
    /// `usesModule`: the module's own client may be used, so what it cannot do is refused; otherwise what only it can.
    func remoteTLS(_ table: TableReader, host: String, usesModule: Bool) -> Configuration.RemoteTLS? {
        guard let value = table.node?["tls"]?.value else { return nil }
        if case .boolean(false) = value { return nil }
        if !context.support.contains(.remoteTLS) {
            table.error("tls", "TLS through the module is not in this release; refusing to connect unencrypted")
        }
        guard let tls = table.table("tls", expected: "a table such as { ca = \"ca.crt\" }, or false") else {
            return nil
        }
        tls.checkPair()
        let verify = tls.boolean("verify") ?? true
        checkMaker(tls, usesModule: usesModule)
        if verify, usesModule, !tls.has("ca") {
            tls.error("ca", "is missing; expected the certificate of the broker's CA, or verify = false")
        }
        if !verify { tls.warning("verify", "is false: anyone can pose as the broker") }
        let ignoresTime = tls.boolean("ignorelocaltime") ?? false
        if ignoresTime { tls.warning("ignorelocaltime", "is true: expired certificates are accepted") }
        return Configuration.RemoteTLS(
            ca: tls.certificate("ca"), certificate: tls.certificate("certificate"),
            key: tls.certificate("key", secret: true), verify: verify,
            hostname: tls.string("hostname", Rules.remoteHostComplaint) ?? host,
            version: version(tls), cipherSuite: cipherSuite(tls), ignoreLocalTime: ignoresTime,
            negotiateTimeout: negotiateTimeout(tls), verifyMode: tls.integer("verifymode", in: 0...1),
            isOurs: !usesModule, pskIdentity: tls.string("psk_identity", Rules.pskIdentityComplaint),
            pskKey: tls.secret("psk_file", Rules.pskComplaint), alpn: applicationProtocols(tls),
            minimumVersion: tls.choice("min_version") ?? .tls12,
            ciphers: tls.string("ciphers", Rules.ciphersComplaint))
    }

    /// The keys that only one of the two that can make TLS, the module and this host, knows.
    private func checkMaker(_ tls: TableReader, usesModule: Bool) {
        if usesModule {
            for key in ["psk_identity", "psk_file", "alpn", "min_version", "ciphers"] where tls.has(key) {
                tls.error(key, "is nothing the module's own TLS knows; expected link = \"socket\" in [remote] with it")
            }
            return
        }
        let instead = [
            "sslversion": "min_version", "ciphersuite": "ciphers", "ignorelocaltime": "the right time on this host",
            "negotiatetimeout": "ack_timeout of [remote]", "verifymode": "the certificate to trust as ca",
        ]
        for key in instead.keys.sorted() where tls.has(key) {
            tls.error(
                key,
                "is for the module's own TLS, and on the socket link this host makes it; expected \(instead[key] ?? "")"
            )
        }
        guard tls.has("psk_identity") || tls.has("psk_file") else { return }
        if !tls.has("psk_file") { tls.error("psk_identity", "is there without psk_file; expected both") }
        if !tls.has("psk_identity") { tls.error("psk_file", "is there without psk_identity; expected both") }
        for key in ["ca", "certificate"] where tls.has(key) {
            tls.error(key, "cannot be used with a pre-shared key; expected either \(key) or psk_identity")
        }
    }

    /// One name, or several.
    private func applicationProtocols(_ tls: TableReader) -> [String] {
        let expected = "a name such as \"mqtt\", or an array of at most 16 names"
        let names: [String]? = tls.value("alpn", expected: expected) { value in
            switch value {
            case .string(let name): return [name]
            case .array(let nodes):
                let names = nodes.compactMap { if case .string(let name) = $0.value { name } else { nil } }
                return names.count == nodes.count ? names : nil
            case .table, .boolean, .integer, .float, .date: return nil
            }
        }
        guard let known = names else { return [] }
        let isSound = known.allSatisfy { 1...255 ~= $0.utf8.count && Rules.controlComplaint(Array($0.utf8)) == nil }
        guard isSound, 1...16 ~= known.count else {
            tls.error("alpn", "has other names in it than 1 to 16 of 1 to 255 bytes; expected \(expected)")
            return []
        }
        return known
    }

    private func version(_ tls: TableReader) -> Configuration.RemoteTLS.Version {
        let names = ["ssl3.0", "tls1.0", "tls1.1", "tls1.2", "all"]
        let expected = "\"tls1.2\", \"tls1.1\", \"tls1.0\", \"ssl3.0\", \"all\" or the module's number 0 to 4"
        let number: Int? = tls.value("sslversion", expected: expected) { value in
            switch value {
            case .integer(let number): Int(clamping: number)
            case .string(let name): names.firstIndex(of: name) ?? -1
            case .table, .array, .float, .boolean, .date: nil
            }
        }
        guard let number else { return .tls12 }
        guard let version = Configuration.RemoteTLS.Version(rawValue: number) else {
            tls.error("sslversion", "is not known; expected \(expected)")
            return .tls12
        }
        switch version {
        case .ssl3, .tls10, .tls11, .all:
            tls.warning("sslversion", "allows versions before TLS 1.2, which are broken")
        case .tls12: break
        }
        return version
    }

    private func cipherSuite(_ tls: TableReader) -> UInt16? {
        let suites = Configuration.RemoteTLS.cipherSuites
        let expected = "\"all\" or one of " + suites.keys.filter { $0 != "all" }.sorted().joined(separator: ", ")
        let number: Int64? = tls.value("ciphersuite", expected: expected) { value in
            switch value {
            case .integer(let number): number
            case .string(let name): suites[name].map(Int64.init) ?? hexadecimalNumber(name) ?? -1
            case .table, .array, .float, .boolean, .date: nil
            }
        }
        guard let number else { return nil }
        guard let suite = UInt16(exactly: number), suites.values.contains(suite) else {
            tls.error("ciphersuite", "is not a suite of the module; expected \(expected)")
            return nil
        }
        return suite
    }

    /// `0X0035`, as the manual writes them.
    private func hexadecimalNumber(_ text: String) -> Int64? {
        guard text.utf8.count == 6, text.hasPrefix("0x") || text.hasPrefix("0X") else { return nil }
        return UInt16(text.dropFirst(2), radix: 16).map(Int64.init)
    }

    /// Seconds as a number, or a duration.
    private func negotiateTimeout(_ tls: TableReader) -> Duration? {
        let range: ClosedRange<Duration> = .seconds(10)...(.seconds(300))
        guard case .integer(let seconds)? = tls.node?["negotiatetimeout"]?.value else {
            return tls.duration("negotiatetimeout", in: range)
        }
        guard (10...300).contains(seconds) else {
            tls.error("negotiatetimeout", "is out of range; expected 10 to 300 seconds")
            return nil
        }
        return .seconds(seconds)
    }
}
