import ATProtocol
import Testing

/// Frames that cannot be trusted.
@Suite("Damaged frames")
struct DamagedFrameTests {
    private static func dialogue(_ dialect: SocketDialect) -> Dialogue {
        let dialogue = Dialogue()
        dialogue.session.socketDialect = dialect
        return dialogue
    }

    static let headers: [(SocketDialect, String)] = [
        (.cip, "+IPD,4097:"), (.cip, "+IPD,9999999999:"), (.cip, "+IPD,x:"), (.cip, "+IPD,-1:"), (.cip, "+IPD,:"),
        (.cip, "+IPD,5\r\n"), (.cip, "+IPD,5,UDP:"), (.cip, "+IPD,1,2,3:"), (.cip, "+CIPRXGET: 2,4097,0\r\n"),
        (.cip, "+CIPRXGET: 2,x,0\r\n"), (.cip, "+CIPRXGET: 2,5\r\n"), (.cip, "+CIPRXGET: 2,5,0 x\r\n"),
        (.cip, "+CIPRXGET: 3,5,0\r\n48454C4C4\r\n"), (.cip, "+CIPRXGET: 3,5,0\r\n48454C4C4F4\r\n"),
        (.cip, "+CIPRXGET: 3,5,0\r\n48454C4C4X\r\n"), (.cip, "+CIPRXGET: 2,5,0\r\nhellos\r\n"),
        (.cip, "+CIPRXGET: 2,5,0\r\nhell\r\n\r\n"), (.qi, "+QIRD: 1.2.3.4:5,TCP,4097\r\n"),
        (.qi, "+QIRD: 1.2.3.4:5,TCP,\r\n"), (.qi, "+QIRD: 5\r\n"), (.qi, "+QIRD: 1.2.3.4:5,TCP,5\r\nhell\r\n\r\n"),
        (.qi, "+QIRD: " + String(repeating: "1", count: 200) + ",TCP,5\r\n"),
        (.bc260y, "+QIURC: \"recv\",0,4097,"), (.bc260y, "+QIURC: \"recv\",0,x,"), (.bc260y, "+QIURC: \"recv\",0\r\n"),
        // The field sample: the length and the number of digits disagree (module-behaviour 12).
        (.bc260y, "+QIURC: \"recv\",0,12,\"414243444546\"\r\n"), (.bc260y, "+QIURC: \"recv\",0,12,414243444546\r\n"),
        (.bc260y, "+QIURC: \"recv\",0,3,\"41424344\"\r\n"), (.bc260y, "+QIURC: \"recv\",0,3,41424\r\n"),
        (.bc260y, "+QIURC: \"recv\",0,3,hell\r\n"), (.bc260y, "+QIURC: \"recv\",0,3,\"hell\"\r\n"),
    ]

    @Test(arguments: headers)
    func `is told, and nothing near it is credited`(_ dialect: SocketDialect, _ header: String) {
        let all = bytes(header + "OK\r\n\r\nOK\r\n> CLOSED\r\n\r\nRDY\r\n+IPD,2:OK\r\n")
        var seen: [[CommandSession.Action]] = []
        for reads in [[all], all.map { [$0] }] {
            let dialogue = Self.dialogue(dialect)
            dialogue.submit(.csq)
            _ = dialogue.take()
            for read in reads { dialogue.receive(read) }
            let actions = dialogue.take()
            #expect(!dialogue.isIdle)
            let damaged = actions.filter { if case .dataDamaged = $0 { true } else { false } }
            #expect(damaged.count == 1, "\(actions.map(\.summary))")
            let isQuiet = actions.allSatisfy {
                switch $0 {
                case .dataDamaged, .discarded: true
                default: false
                }
            }
            #expect(isQuiet, "\(actions.map(\.summary))")
            seen.append(actions)
        }
        #expect(seen[0] == seen[1])
    }

    @Test func `after a silence lines count again`() {
        let dialogue = Self.dialogue(.cip)
        dialogue.receive("+IPD,99999:CLOSED\r\nCLOSED\r\n")
        dialogue.pass(.seconds(2))
        dialogue.receive("CLOSED\r\n")
        let got = dialogue.take().map(\.summary)
        #expect(got.last == "urc closed")
        #expect(got.filter { $0 == "urc closed" }.count == 1)
    }

    @Test func `no prompt is believed near it`() throws {
        let dialogue = Self.dialogue(.cip)
        dialogue.submit(try .cipsend(bytes("AT+RESET\r\n")))
        dialogue.receive("+IPD,99999:\r\n> \r\n>")
        let isWritten = dialogue.take().contains(.write(bytes("AT+RESET\r\n")))
        #expect(!isWritten)
    }

    @Test(
        arguments: [
            (.cip, "+IPD,20:OK\r\n"), (.cip, "+CIPRXGET: 2,20,0\r\nOK\r\n"), (.cip, "+CIPRXGET: 3,2,0\r\n4142"),
            (.qi, "+QIRD: 1.2.3.4:5,TCP,20\r\nOK\r\n"), (.bc260y, "+QIURC: \"recv\",0,20,4F4B"),
            (.bc260y, "+QIURC: \"recv\",0,2,\"4F4B"),
        ] as [(SocketDialect, String)])
    func `that does not end is given up after a silence`(_ dialect: SocketDialect, _ text: String) {
        let dialogue = Self.dialogue(dialect)
        dialogue.receive(text)
        dialogue.pass(.milliseconds(1999))
        #expect(dialogue.take().isEmpty)
        dialogue.pass(.milliseconds(1))
        #expect(dialogue.take().map { $0.summary.hasPrefix("data damaged +") } == [true])
        #expect(dialogue.deadline == nil)
        dialogue.receive("\r\nCLOSED\r\n")
        #expect(dialogue.take().map(\.summary) == ["urc closed"])
    }

    @Test(
        arguments: [
            (.cip, "+IPD,20:hello"), (.cip, "+CIPRXGET: 2,20,0\r\nhello"), (.qi, "+QIRD: 1.2.3.4:5,TCP,20\r\nhello"),
        ]
            as [(SocketDialect, String)], ["\r\nRDY\r\n", "RDY\r\n", "^boot.rom'v!\\\r\n\r\nRDY\r\n"])
    func `whose module starts anew in the middle swallows no banner`(
        _ begun: (dialect: SocketDialect, text: String), _ banner: String
    ) {
        for reads in [[bytes(banner)], bytes(banner).map { [$0] }] {
            let dialogue = Self.dialogue(begun.dialect)
            dialogue.receive(begun.text)
            dialogue.pass(.milliseconds(300))
            for read in reads { dialogue.receive(read) }
            let got = dialogue.take().map(\.summary).filter { !$0.hasPrefix("discarded") }
            #expect(got.first?.hasPrefix("data damaged +") == true && got.last == "urc banner ready", "\(got)")
        }
    }

    @Test func `is none after a short pause, at the line end behind it, or with digits`() {
        for (begun, pause, rest) in [("+IPD,7:", 199, "\r\nhello"), ("+IPD,7:\r\n", 1000, "hello")] {
            let dialogue = Self.dialogue(.cip)
            dialogue.receive(begun)
            dialogue.pass(.milliseconds(pause))
            dialogue.receive(rest)
            dialogue.pass(.milliseconds(50))
            #expect(dialogue.take().map(\.summary) == ["data \\r\\nhello"])
        }
        for (dialect, begun, rest) in [
            (SocketDialect.cip, "+CIPRXGET: 3,5,0\r\n48454C4C4F", "\r\n"),
            (.qi, "+QIRD: 1.2.3.4:5,TCP,5\r\nhello", "\r\n"),
            (.bc260y, "+QIURC: \"recv\",0,5,48454C4C4F", "\r\n"),
        ] {
            let dialogue = Self.dialogue(dialect)
            dialogue.receive(begun)
            dialogue.pass(.seconds(1))
            dialogue.receive(rest)
            #expect(dialogue.take().map { $0.summary.hasPrefix("data ") && !$0.summary.contains("damaged") } == [true])
        }
    }

    /// Of what is pushed nothing but what follows shows that a byte was lost, or that a line stands in the middle.
    @Test(
        arguments: [
            "+IPD,5:hell\r\n", "+IPD,5:hell\r\n\r\n+IPD,2:ab\r\n", "+IPD,5:he\r\nCLOSED\r\nllo\r\n",
            "+IPD,5:hello!\r\n",
            "+IPD,5:hello\r \r\n", "+IPD,9:hello^boot.rom\r\n\r\nRDY\r\n",
        ])
    func `is seen by what follows pushed bytes`(_ text: String) {
        for reads in [[bytes(text)], bytes(text).map { [$0] }] {
            let dialogue = Self.dialogue(.cip)
            for read in reads { dialogue.receive(read) }
            dialogue.pass(.seconds(3))
            let got = dialogue.take().map(\.summary).filter { !$0.hasPrefix("discarded") }
            #expect(got == ["data damaged " + text.prefix { $0 != ":" } + ":"], "\(got)")
        }
    }

    @Test func `is seen by a line end that always came and now does not`() {
        for missing in ["+IPD,5:hel\r\n", "+IPD,5:hel\r\n+IPD,2:ab\r\n"] {
            let dialogue = Self.dialogue(.cip)
            let data = "\r\n+IPD,5:hello\r\n"
            for _ in 1...4 { dialogue.receive(data) }
            #expect(dialogue.take().map(\.summary) == [String](repeating: "data hello", count: 4))
            dialogue.receive("\r\n" + missing)
            dialogue.pass(.seconds(3))
            #expect(dialogue.take().first?.summary == "data damaged +IPD,5:")
            // It may have been believed wrongly.
            for _ in 1...9 { dialogue.receive("\r\n+IPD,5:hello") }
            dialogue.pass(.milliseconds(50))
            #expect(dialogue.take().last?.summary == "data hello")
        }
    }

    @Test func `a slow line loses nothing`() {
        let dialogue = Self.dialogue(.cip)
        for byte in bytes("+IPD,5:hello") {
            dialogue.receive([byte])
            dialogue.pass(.milliseconds(1900))
        }
        #expect(dialogue.take().map(\.summary) == ["data hello"])
    }

    @Test func `of a connection that is not ours is thrown away`() {
        for (dialect, frame) in [
            (SocketDialect.cip, "+CIPRXGET: 2,3,4,0\r\nOK\r\n\r\n"), (.bc260y, "+QIURC: \"recv\",1,2,4F4B\r\n"),
        ] {
            let dialogue = Self.dialogue(dialect)
            dialogue.receive(frame + "CLOSED\r\n")
            #expect(
                dialogue.take().map(\.summary).map { String($0.prefix(22)) } == [
                    "discarded damagedFrame", "urc closed",
                ])
        }
    }

    @Test func `the excerpt shows no payload`() {
        let dialogue = Self.dialogue(.bc260y)
        dialogue.receive("+QIURC: \"recv\",0,3,secret\r\n")
        #expect(dialogue.take().map(\.summary) == ["data damaged +QIURC: \"recv\",0,3,"])
    }

    @Test func `the port takes an unfinished frame with it`() {
        let dialogue = Self.dialogue(.cip)
        dialogue.receive("+IPD,20:hello")
        dialogue.close()
        dialogue.open()
        dialogue.receive("+IPD,2:ab\r\n")
        #expect(dialogue.take().map(\.summary) == ["data ab"])
    }
}
