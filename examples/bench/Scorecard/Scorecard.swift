import BridgeTestKit
import LinuxIO

/// Numbered QoS 1 messages through the real parts while one thing after another breaks: what is missing, doubled or out
/// of order in the end, and how long the link was away for each kind of fault.
struct Scorecard {
    private let messages: Int
    private let faults: Int
    private let seed: UInt64

    /// 10,000 messages and 100 faults; a tenth of both when quick.
    init(isQuick: Bool, seed: UInt64) {
        messages = isQuick ? 1000 : 10_000
        faults = isQuick ? ScorecardFault.table.count : 100
        self.seed = seed
    }

    /// Measures and prints.
    func run() throws {
        let scene = try ScorecardScene()
        let begin = scene.rig.loop.now
        let share = messages / (faults + 1)
        for (index, fault) in ScorecardFault.series(faults, seed: seed).enumerated() {
            progress("scorecard: fault \(index + 1) of \(faults), \(fault.kind.rawValue)")
            try scene.carry(share * (index + 1))
            try scene.suffer(fault)
        }
        try scene.carry(messages)
        let arrived = try scene.finish()
        progress("")
        show(scene.outcomes, arrived, took: scene.rig.loop.now - begin)
    }

    private func show(
        _ outcomes: [ScorecardFault.Kind: [Double?]], _ arrived: NumberedFlow.Verdict, took: Duration
    ) {
        var table = Table(
            "Scorecard: \(arrived.sent) messages at QoS 1 under \(faults) faults, seed \(seed), "
                + "\(fixed(took.inSeconds, 0)) s; seconds from the fault, or its end, to online",
            ["fault", "times", "broke the link", "median", "worst", "goal", ""], left: [0])
        for kind in ScorecardFault.Kind.allCases {
            guard let all = outcomes[kind] else { continue }
            let times = all.compactMap { $0 }
            let goal = kind.goal
            table.add([
                kind.rawValue, "\(all.count)", "\(times.count)",
                times.isEmpty ? "" : fixed(times.median, 2), times.isEmpty ? "" : fixed(times.max() ?? 0, 2),
                goal.map { fixed($0, 0) } ?? "", goal.map { limit in verdictText(times, limit) } ?? "",
            ])
        }
        table.show()
        let lost = arrived.missing.count + arrived.strangers.count + arrived.astray.count
        print(
            "  missing \(lost), out of order \(arrived.disordered.count), doubled \(arrived.doubled.count)"
                + "; goal 0 missing, 0 out of order: "
                + verdict(lost == 0 && arrived.disordered.isEmpty) + "\n")
        flushOutput()
    }

    private func verdictText(_ times: [Double], _ limit: Double) -> String {
        times.isEmpty ? "" : verdict(times.allSatisfy { $0 <= limit })
    }
}
