import Configuration
import Testing

@Suite struct SecretFileTests {
    let folder = TemporaryFolder()

    func load(_ lines: String) -> Configuration.Loaded {
        Configuration.load(path: folder.write("c.toml", with(lines)), support: .all)
    }

    func password(_ content: String, mode: UInt32 = 0o600) -> Configuration.Loaded {
        folder.write("password", content, mode: mode)
        return load("remote.username = \"u\"\nremote.password_file = \"password\"")
    }

    func bytes(_ loaded: Configuration.Loaded) -> [UInt8]? {
        guard case .valid(let configuration, _) = loaded else { return nil }
        return configuration.remote.password
    }

    @Test(arguments: [("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\r", "a"), (" a \n", " a "), ("ü", "ü")])
    func `one line end is taken off`(content: String, expected: String) {
        #expect(bytes(password(content)) == Array(expected.utf8))
    }

    @Test(arguments: [0o400, 0o440, 0o600, 0o640, 0o660] as [UInt32])
    func `owner and group may read`(mode: UInt32) {
        #expect(bytes(password("a", mode: mode)) == [0x61])
    }

    @Test(arguments: [0o604, 0o644, 0o602, 0o601, 0o444] as [UInt32])
    func `a file that is open to others is refused with the remedy`(mode: UInt32) {
        let path = folder.path + "/password"
        #expect(
            said(password("top secret", mode: mode)) == [
                "\(folder.path)/c.toml:3: remote.password_file: others can read \(path); run: chmod o-rwx \(path)"
            ])
    }

    @Test func `every secret and key is looked at`() {
        folder.write("open file", "00ff", mode: 0o644)
        let loaded = load(
            """
            remote.username = "u"
            remote.password_file = "open file"
            remote.tls = { ca = "open file", certificate = "open file", key = "open file" }
            local.username = "u"
            local.password_file = "open file"
            local.tls = { psk_identity = "i", psk_file = "open file" }
            module.pin_file = "open file"
            module.apn = { name = "a", username = "u", password_file = "open file" }
            """)
        let path = folder.path + "/open file"
        let refused = ": others can read \(path); run: chmod o-rwx '\(path)'"
        #expect(
            said(loaded)
                == [
                    "3: remote.password_file", "4: remote.tls.key", "6: local.password_file", "7: local.tls.psk_file",
                    "8: module.pin_file", "9: module.apn.password_file",
                ].map { "\(folder.path)/c.toml:" + $0 + refused })
    }

    @Test(arguments: [
        ("", "PATH is empty; expected the secret in it"), ("\n", "PATH is empty; expected the secret in it"),
        (
            "a\nb\n",
            "what PATH holds has a control character at byte 2, which the module cannot carry; "
                + "expected text without quotation marks, backslashes and control characters"
        ),
        (
            "a\"",
            "what PATH holds has a quotation mark at byte 2, which the module cannot carry; "
                + "expected text without quotation marks, backslashes and control characters"
        ),
        (
            String(repeating: "x", count: 257),
            "what PATH holds is 257 bytes long; expected at most 256, the module's limit"
        ),
        (String(repeating: "x", count: 4097), "PATH is too long; expected at most 4096 bytes"),
    ])
    func `what the remote password cannot be`(content: String, message: String) {
        let text = message.split(separator: "PATH", omittingEmptySubsequences: false)
            .joined(separator: folder.path + "/password")
        #expect(said(password(content)) == ["\(folder.path)/c.toml:3: remote.password_file: " + text])
    }

    @Test(arguments: ["123", "123456789", "12a4", "12 34", "١٢٣٤"])
    func `what is no PIN is refused without telling it`(pin: String) {
        folder.write("pin", pin)
        #expect(
            said(load("module.pin_file = \"pin\"")) == [
                "\(folder.path)/c.toml:2: module.pin_file: what \(folder.path)/pin holds is not a PIN; expected 4 to 8 digits"
            ])
    }

    @Test func `what is no pre-shared key is refused`() {
        folder.write("psk", "00fg")
        #expect(
            said(load("local.tls = { psk_identity = \"i\", psk_file = \"psk\" }")) == [
                "\(folder.path)/c.toml:2: local.tls.psk_file: what \(folder.path)/psk holds is not a key; "
                    + "expected up to 1024 hexadecimal digits"
            ])
    }

    @Test func `a local password may be any bytes`() {
        folder.write("password", "a\"\\\u{01}\n")
        guard
            case .valid(let configuration, _) = load("local.username = \"u\"\nlocal.password_file = \"password\"")
        else {
            Issue.record("refused")
            return
        }
        #expect(configuration.local.password == Array("a\"\\\u{01}".utf8))
    }

    @Test func `missing files and folders are named`() {
        let loaded = load(
            """
            local.tls.ca = "none.crt"
            module.pin_file = "."
            remote.username = "u"
            remote.password_file = "/nowhere/at/all"
            """)
        #expect(
            said(loaded) == [
                "\(folder.path)/c.toml:2: local.tls.ca: \(folder.path)/none.crt is missing; expected a file",
                "\(folder.path)/c.toml:3: module.pin_file: \(folder.path)/. is not a regular file; expected a file",
                "\(folder.path)/c.toml:5: remote.password_file: /nowhere/at/all is missing; expected a file",
            ])
    }

    @Test func `the configuration file itself may be missing, a folder or too long`() {
        let path = folder.path
        #expect(
            said(Configuration.load(path: path + "/none.toml")) == [
                "\(path)/none.toml: the file is missing; expected a configuration"
            ])
        #expect(said(Configuration.load(path: path)) == ["\(path): this is a folder; expected a configuration file"])
        let long = folder.write("long.toml", String(repeating: "#", count: Configuration.maximumFileSize + 1))
        #expect(said(Configuration.load(path: long)) == ["\(long): the file is over 1 MiB; expected a configuration"])
    }
}
