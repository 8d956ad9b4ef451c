import BridgeTestKit
import LinuxIO
import Testing

/// The release binary between two real brokers and a simulated module in a process of its own.
///
/// One after the other: each of them wants both cores.
@Suite("End to end", .serialized)
enum EndToEndTests {}

/// Fails the test with the verdict and everything the rig knows, unless each message arrived once and in order.
func expectClean(
    _ flow: NumberedFlow, _ rig: BridgeRig, excused: Set<Int> = [], place: SourceLocation = #_sourceLocation
) {
    let verdict = flow.verdict(excused: excused)
    #expect(verdict.isClean, "\(verdict)\n\(rig.diagnosis)", sourceLocation: place)
}

/// As `expectClean`, duplicates allowed: for a flow that was broken.
func expectSound(
    _ flow: NumberedFlow, _ rig: BridgeRig, excused: Set<Int> = [], place: SourceLocation = #_sourceLocation
) {
    let verdict = flow.verdict(excused: excused)
    #expect(verdict.isSound, "\(verdict)\n\(rig.diagnosis)", sourceLocation: place)
}

extension BridgeRig {
    /// Waits until everything published has arrived; what is missing when that takes too long is in the error.
    func awaitArrival(
        _ flows: [NumberedFlow], limit: Duration = .seconds(30), excused: () -> Set<Int> = { [] }
    ) throws {
        let complete = runLoop(loop, limit: limit) { flows.allSatisfy { $0.isComplete(excused: excused()) } }
        guard !complete else { return }
        let verdicts = flows.map { "\($0.verdict(excused: excused())), \($0.publisher.acknowledged.count) accepted" }
        throw RigFailure("not everything arrived within \(limit): \(verdicts)\n\(diagnosis)")
    }
}
