import BridgeTestKit
import Testing

@testable import BridgeRuntime

/// Bytes of a TCP connection are not for records.
struct PayloadMaskTests {
    private static let secret = "geheim: +IPD,9:\r\nOK\r\n\"0\""

    private static var frames: [(text: String, shown: String)] {
        let raw = String(repeating: "x", count: secret.utf8.count)
        let digits = secret.utf8.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
        let zeros = String(repeating: "0", count: digits.utf8.count)
        let count = secret.utf8.count
        return [
            ("+IPD,\(count):\(secret)", "+IPD,\(count):\(raw)"),
            ("\r\n+IPD, \(count) ,TCP:\(secret)OK\r\n", "\r\n+IPD, \(count) ,TCP:\(raw)OK\r\n"),
            ("+CIPRXGET: 2,\(count),0\r\n\(secret)\r\nOK\r\n", "+CIPRXGET: 2,\(count),0\r\n\(raw)\r\nOK\r\n"),
            ("+CIPRXGET:3,\(count),7\r\n\(digits)\r\nOK\r\n", "+CIPRXGET:3,\(count),7\r\n\(zeros)\r\nOK\r\n"),
            (
                "+QIRD: 203.0.113.1:8883,TCP,\(count)\r\n\(secret)\r\nOK\r\n",
                "+QIRD: 203.0.113.1:8883,TCP,\(count)\r\n\(raw)\r\nOK\r\n"
            ),
            ("+QIURC: \"recv\",0,\(count),\(digits)\r\nOK\r\n", "+QIURC: \"recv\",0,\(count),\(zeros)\r\nOK\r\n"),
            (
                "+QIURC: \"recv\",0,\(count),\"\(digits)\"\r\n+IP: 1\r\n",
                "+QIURC: \"recv\",0,\(count),\"\(zeros)\"\r\n+IP: 1\r\n"
            ),
        ]
    }

    @Test func framesAreHiddenHoweverTheyAreCut() {
        let text = Self.frames.map(\.text).joined() + "\r\nSEND OK\r\n"
        let shown = Self.frames.map(\.shown).joined() + "\r\nSEND OK\r\n"
        for cut in [1, 2, 3, 7, 64, 10_000] {
            var mask = PayloadMask()
            var out: [UInt8] = []
            var rest = bytes(text)[...]
            while !rest.isEmpty {
                out += mask.masked(rest.prefix(cut))
                rest = rest.dropFirst(cut)
            }
            let isSame = out == bytes(shown)
            #expect(isSame, "\(cut): \(String(decoding: out, as: UTF8.self))")
        }
    }

    @Test(arguments: [
        "\r\n+CIPRXGET: 1\r\n", "\r\n+CIPRXGET: 4,12\r\n", "\r\n+CIPRXGET: 2,0,0\r\nOK\r\n", "+QIRDI: 0,1,0\r\n",
        "\r\n+QISACK: 17,17,0\r\nOK\r\n", "\r\n+CSQ: 20,0\r\n", "+QIURC: \"closed\",0\r\n", "\r\nDATA ACCEPT:12\r\n",
        "+IPD,99999999999999:x", "\r\n> ",
    ])
    func whatIsNoneStays(_ text: String) {
        var mask = PayloadMask()
        let isSame = mask.masked(bytes(text)) == bytes(text)
        #expect(isSame)
    }

    @Test func aRecordThatBeginsInAFrameShowsNothingOfIt() {
        let recorder = FlightRecorder()
        recorder.add(.received(bytes("tail of a secret\r\n")), now: .seconds(1))
        recorder.add(.sent("AT+CIPACK", bytes: 11), now: .seconds(2))
        recorder.add(.received(bytes("\r\n+CIPACK: 1,1,0\r\n\r\nOK\r\n+IPD,6:secret")), now: .seconds(3))
        let record = FlightRecord(
            settings: [], isSocket: true, pieces: recorder.pieces, isCut: true, secrets: []
        ).text(note: "x")
        let text = String(decoding: record, as: UTF8.self)
        #expect(!text.contains("secret") && text.contains("CIPACK: 1,1,0") && text.contains("+IPD,6:xxxxxx"))
    }

    @Test func theConsolesRecordHidesThem() {
        var text: [UInt8] = []
        let writer = RecordWriter(note: "x", now: .zero) { text += $0 }
        writer.received(bytes("\r\n+IPD,6:sec"), now: .seconds(1))
        writer.received(bytes("retOK\r\n"), now: .seconds(1))
        writer.flush()
        #expect(String(decoding: text, as: UTF8.self).contains("+IPD,6:xxxxxxOK"))
    }
}
