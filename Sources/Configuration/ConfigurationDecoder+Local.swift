extension ConfigurationDecoder {
    func local(_ table: TableReader, name: String) -> Configuration.Local {
        let tls = localTLS(table)
        table.checkPasswordHasUser()
        return Configuration.Local(
            host: table.string("host", Rules.localHostComplaint) ?? "localhost",
            port: table.integer("port", in: 1...65535) ?? (tls == nil ? 1883 : 8883),
            clientID: table.string("client_id", Rules.localCredentialComplaint) ?? "cellbridge-" + name,
            username: table.string("username", Rules.localCredentialComplaint),
            password: table.secret("password_file"),
            tls: tls)
    }

    private func localTLS(_ table: TableReader) -> Configuration.LocalTLS? {
        let system = "/etc/ssl/certs/ca-certificates.crt"
        switch table.node?["tls"]?.value {
        case .boolean(false): return nil
        case .boolean(true): return Configuration.LocalTLS(ca: system)
        case nil, .table, .array, .string, .integer, .float, .date: break
        }
        guard let tls = table.table("tls", expected: "a table such as { ca = \"ca.crt\" }, true or false") else {
            return nil
        }
        tls.checkPair()
        let usesKey = tls.has("psk_identity") || tls.has("psk_file")
        if usesKey {
            if !tls.has("psk_file") { tls.error("psk_identity", "is there without psk_file; expected both") }
            if !tls.has("psk_identity") { tls.error("psk_file", "is there without psk_identity; expected both") }
            for key in ["ca", "certificate"] where tls.has(key) {
                tls.error(key, "cannot be used with a pre-shared key; expected either \(key) or psk_identity")
            }
        }
        let verify = tls.boolean("verify") ?? true
        if !verify { tls.warning("verify", "is false: the local broker's certificate is not checked") }
        return Configuration.LocalTLS(
            ca: tls.certificate("ca") ?? (usesKey ? nil : system),
            certificate: tls.certificate("certificate"),
            key: tls.certificate("key", secret: true),
            pskIdentity: tls.string("psk_identity", Rules.localCredentialComplaint),
            pskKey: tls.secret("psk_file") { key in
                let isHexadecimal = key.allSatisfy { Character(UnicodeScalar($0)).isHexDigit && $0 < 0x80 }
                return isHexadecimal && key.count <= 1024 ? nil : "is not a key; expected up to 1024 hexadecimal digits"
            },
            verify: verify)
    }
}
