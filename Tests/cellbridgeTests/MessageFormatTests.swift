import Control
import Testing

@testable import cellbridge

/// `-F`, `-v`, `-N` and `--json` of `sub` and `rr`. That the bytes are those of mosquitto_sub is held end to end.
struct MessageFormatTests {
    private func shown(_ format: String, _ payload: [UInt8], topic: String = "x/abcdef") throws -> String {
        var message = ArrivedMessage(topic: Array(topic.utf8), payload: payload)
        (message.seconds, message.nanoseconds) = (1_795_183_932, 597_973_001)
        return String(decoding: try MessageFormat(format).line(message).bytes, as: UTF8.self)
    }

    @Test(
        arguments: [
            ("%t=%p", "hi", "x/abcdef=hi"), ("%10.3t|", "", "       x/a|"), ("%-10t|", "", "x/abcdef  |"),
            ("%.3t", "", "x/a"),
            ("%l|%05l|%-5l|%5l", "hello", "5|00005|5    |    5"), ("%x %X", "\u{1}\u{ab}", "01c2ab 01C2AB"),
            ("%4p|%8p|%-8p|%08p", "hello", "hell|   hello|hello   |000hello"), ("%6X|%5x", "abcd", "  6162| 6162"),
            ("%%%U", "", "%1795183932.597973001"), ("@N@@", "", "597973001@"),
            ("\\\\\\n\\t\\0\\e\\a\\r\\v", "", "\\\n\t\0\u{1B}\u{7}\r\u{B}"),
            ("%A%C%D%E%F%P%R%S|%3A|%03E|%2C", "", "|   |000|  "), ("größe %t", "", "größe x/abcdef"),
        ] as [(String, String, String)])
    func aLine(format: String, payload: String, line: String) throws {
        #expect(try shown(format, Array(payload.utf8)) == line)
    }

    @Test(arguments: [
        ("%q", "the module does not tell a message's QoS"), ("%5r", "retain flag"), ("%m", "message id"),
        ("%z", "%z is not known"),
        ("a%", "nothing follows the last %"), ("%-05", "nothing follows"), ("a\\", "nothing follows the last \\"),
        ("a@", "nothing follows the last @"), ("\\q", "\\q is not known"),
        ("%99999999999999999999p", "over 10000 wide"),
    ])
    func whatCannotBeShownIsRefusedAtOnce(format: String, reason: String) throws {
        let problem = #expect(throws: UsageProblem.self) { try MessageFormat(format) }
        #expect(problem?.text.contains(reason) == true, "\(problem?.text ?? "")")
    }

    @Test func jsonOfMosquittoWithoutWhatTheModuleDoesNotTell() throws {
        func members(_ format: String, _ payload: [UInt8]) throws -> String {
            String(try shown(format, payload).drop { $0 != "," })
        }
        #expect(try members("%j", Array("a\"é".utf8)) == #","topic":"x/abcdef","payloadlen":4,"payload":"a\"\u00e9"}"#)
        #expect(try members("%j", []) == #","topic":"x/abcdef","payloadlen":0,"payload":null}"#)
        #expect(try members("%j", [0, 255]) == #","topic":"x/abcdef","payloadlen":2,"payload":[0,255]}"#)
        #expect(
            try members("%J", Array("{\"a\": [1]}".utf8))
                == #","topic":"x/abcdef","payloadlen":10,"payload":{"a":[1]}}"#)
        let odd = try MessageFormat("<%J>").line(ArrivedMessage(topic: [0x78], payload: [0x7B]))
        #expect(odd.bytes == Array("<>".utf8) && odd.problem?.hasPrefix("the payload is no JSON") == true)
        #expect(try shown("%j", []).contains("\"tst\":\"2026-11-20T"))
    }

    @Test func timesAreInTheReadersZoneAndJSONInUTC() throws {
        let iso = try shown("%I", [])
        #expect(iso.count == 24 && iso.hasPrefix("2026-11-"))
        #expect(try shown("@Y-@m", []) == "2026-11")
        var message = ArrivedMessage(topic: [0x78], payload: [0xFF])
        (message.seconds, message.nanoseconds) = (1_795_183_932, 7_000_000)
        #expect(message.json.description == #"{"time":"2026-11-20T14:12:12.007Z","topic":"x","payload_base64":"/w=="}"#)
    }

    @Test func withoutAFormatItIsThePayloadAsItIs() {
        let (full, none) = (
            ArrivedMessage(topic: [0x78], payload: [0, 255]), ArrivedMessage(topic: [0x78], payload: [])
        )
        var printer = MessagePrinter()
        #expect(printer.bytes(full) == [0, 255, 10] && printer.bytes(none) == [])
        printer.showsTopic = true
        #expect(printer.bytes(full) == [0x78, 0x20, 0, 255, 10] && printer.bytes(none) == Array("x (null)\n".utf8))
        printer.omitsLineEnd = true
        #expect(printer.bytes(full) == [0x78, 0x20, 0, 255] && printer.bytes(none) == [])
    }
}
