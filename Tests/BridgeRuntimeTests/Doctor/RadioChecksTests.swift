import Control
import Testing

@testable import BridgeRuntime

/// Signal, operator, registration and its reject causes.
struct RadioChecksTests {
    @Test(
        arguments: [
            ("+CSQ: 24,0", .ok, "-65 dBm, good (24 of 31)"), ("+CSQ: 31,99", .ok, "-51 dBm, very good (31 of 31)"),
            ("+CSQ: 14,0", .ok, "-85 dBm, fair (14 of 31)"), ("+CSQ: 26,0", .ok, "-61 dBm, very good (26 of 31)"),
            ("+CSQ: 15,0", .ok, "-83 dBm, good (15 of 31)"),
            ("+CSQ: 10,0", .ok, "-93 dBm, fair (10 of 31)"), ("+CSQ: 4,0", .warning, "-105 dBm, weak (4 of 31)"),
            ("+CSQ: 3,0", .warning, "-107 dBm, very weak (3 of 31)"),
            ("+CSQ: 9,0", .warning, "-95 dBm, weak (9 of 31)"),
            ("+CSQ: 0,0", .warning, "-113 dBm, very weak (0 of 31)"), ("+CSQ: 99,99", .failed, "no signal"),
            ("+CSQ: 255,0", .failed, "no signal"), ("+CSQ:", .failed, "no signal"), ("nonsense", .failed, "no signal"),
        ] as [(String, Finding.Outcome, String)])
    func signal(line: String, outcome: Finding.Outcome, text: String) {
        let finding = RadioChecks.signal(Answer([line]), isRegistered: false)
        #expect(finding.outcome == outcome && finding.text == text)
        #expect((outcome == .ok) == (finding.causes.first != .antenna))
    }

    @Test func signalThatIsNotTold() {
        #expect(RadioChecks.signal(Answer(["+CSQ: 99,99"]), isRegistered: true).outcome == .warning)
        #expect(RadioChecks.signal(Answer([], "ERROR"), isRegistered: false).outcome == .warning)
    }

    @Test(
        arguments: [
            ("+COPS: 0,2,\"46001\",7", .ok, "46001, LTE"), ("+COPS: 0,0,\"CHN, UNICOM\",7", .ok, "CHN, UNICOM, LTE"),
            ("+COPS: 0,2,\"46001\"", .ok, "46001"), ("+COPS: 0,2,\"46001\",0", .warning, "46001, GSM, not LTE"),
            ("+COPS: 0", .warning, "none yet"), ("+COPS: 2", .warning, "none"),
        ] as [(String, Finding.Outcome, String)])
    func network(line: String, outcome: Finding.Outcome, text: String) {
        let finding = RadioChecks.network(Answer([line]))
        #expect(finding.outcome == outcome && finding.text == text)
        if line == "+COPS: 2" { #expect(finding.causes == [.deregistered]) }
    }

    @Test(
        arguments: [
            ("+CEREG: 0,1", 1, nil), ("+CEREG: 2,5,\"1863\",\"0183db22\",7", 5, nil), ("+CEREG: 3,3,,,,0,15", 3, 15),
            ("+CEREG: 3,3,\"1863\",\"0183db22\",7,0,15", 3, 15), ("+CGREG: 3,2,,,,0,7", 2, 7),
            // A URC in the place of the answer.
            ("+CEREG: 1,\"1863\",\"0183db22\",7", 1, nil), ("+CEREG: 2", 2, nil), ("+CGREG:0,0", 0, nil),
        ] as [(String, Int, Int?)])
    func reading(line: String, status: Int, cause: Int?) {
        let found = RadioChecks.registration(Answer([line]))
        #expect(found?.status == status && found?.cause == cause)
    }

    @Test func hostileLinesAreNoReading() {
        for line in ["+CEREG:", "+CEREG: ,", "+CEREG: \"x\"", "+CEREG: 99999999999999999999", "CEREG: 1,1", ""] {
            #expect(RadioChecks.registration(Answer([line])) == nil, "\(line)")
        }
    }

    @Test(
        arguments: [
            (1, nil, .ok, "home network", nil), (5, nil, .ok, "roaming", nil),
            (0, nil, .failed, "not registered, and not searching", .unpaid),
            (2, nil, .failed, "searching, and not registered yet", .antenna),
            (3, nil, .failed, "refused by the network", .unpaid),
            (3, 15, .failed, "refused by the network: cause 15, no suitable cell in this tracking area", .unpaid),
            (3, 6, .failed, "refused by the network: cause 6, illegal device", .boundCard),
            (3, 19, .failed, "refused by the network: cause 19, the data connection was refused", .privateAPN),
            (3, 250, .failed, "refused by the network: cause 250, not known", .unpaid),
            (6, nil, .failed, "registered for SMS only", .noData),
            (8, nil, .failed, "registered for emergency calls only", .noData),
            (4, nil, .failed, "not known (4)", .antenna),
            (2, 0, .failed, "searching, and not registered yet", .antenna),
        ] as [(Int, Int?, Finding.Outcome, String, Cause?)])
    func registration(status: Int, cause: Int?, outcome: Finding.Outcome, text: String, likely: Cause?) {
        let finding = RadioChecks.registration([.init(status: status, cause: cause)], strength: 20)
        #expect(finding.outcome == outcome && finding.text == text)
        #expect(finding.causes.first == likely)
    }

    @Test func registrationOfTwoDomains() {
        let denied = RadioChecks.Registration(status: 3, cause: 7)
        let searching = RadioChecks.Registration(status: 2)
        #expect(RadioChecks.registration([searching, .init(status: 5)], strength: nil).outcome == .ok)
        #expect(RadioChecks.registration([searching, denied], strength: nil).text.contains("cause 7"))
        #expect(RadioChecks.registration([], strength: nil).outcome == .failed)
        // With a weak signal the antenna is the first thing to look at.
        #expect(RadioChecks.registration([.init(status: 0)], strength: 3).causes.first == .antenna)
        let own = RadioChecks.Registration(status: 3, cause: 15, isStandard: false)
        #expect(RadioChecks.registration([own], strength: 20).text.contains("the manufacturer's own"))
    }

    @Test func everyRejectCauseHasWordsAndAdvice() {
        for (number, cause) in RejectCause.known {
            #expect((2...111).contains(number) && !cause.words.isEmpty && !cause.causes.isEmpty, "\(number)")
        }
    }
}
