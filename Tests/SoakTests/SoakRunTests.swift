import Soak
import Testing

/// Whole bridges under virtual time, with faults by chance; more of it, and longer, by `make soak`.
@Suite struct SoakRunTests {
    /// The seeds differ in module, dialect, configuration and network; see the first line of their transcripts.
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func everyPromiseIsKept(_ seed: UInt64) {
        let report = SoakRun(seed: seed, hours: 0.5).run()
        #expect(report.violation == nil, "make soak SEED=\(seed) HOURS=0.5 RATE=1 prints how it came to that")
        #expect(report.faults > 20)
        #expect(report.calms.count > 0)
        // It has carried something.
        #expect(report.out.arrived > 500)
        #expect(report.incoming.arrived > 500)
    }

    @Test func theSameSeedGivesTheSameRun() {
        let first = SoakRun(seed: 7, hours: 0.3).run()
        let second = SoakRun(seed: 7, hours: 0.3).run()
        #expect(first.digest == second.digest)
        #expect(first.events == second.events)
        let isSame = first.transcript == second.transcript
        #expect(isSame)
        let other = SoakRun(seed: 8, hours: 0.3).run()
        #expect(other.digest != first.digest)
    }
}
