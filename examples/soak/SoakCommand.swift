import Glibc
import Soak

/// `soak [--seed N[-M]] [--hours H] [--rate R] [--link NAME] [--transcript FILE]`: runs, and prints figures.
struct SoakCommand {
    private var seeds: ClosedRange<UInt64> = 1...1
    private var hours = 1.0
    private var rate = 1.0
    private var link: SoakLink?
    private var transcript: String?
    private var problem: String?

    init(_ arguments: some Sequence<String>) {
        var rest = arguments.makeIterator()
        while let name = rest.next() {
            guard let value = rest.next() else {
                problem = "\(name) needs a value"
                return
            }
            switch name {
            case "--seed":
                let ends = value.split(separator: "-").compactMap { UInt64($0) }
                guard let first = ends.first, let last = ends.last, ends.count <= 2, first <= last else {
                    problem = "--seed is a number, or two with - between them"
                    return
                }
                seeds = first...last
            case "--hours" where Double(value).map { $0 > 0 } ?? false: hours = Double(value) ?? 1
            case "--rate" where Double(value).map { $0 > 0 && $0 <= 1000 } ?? false: rate = Double(value) ?? 1
            case "--link" where value.isEmpty || SoakLink(rawValue: value) != nil: link = SoakLink(rawValue: value)
            case "--transcript": transcript = value
            default:
                problem = "\(name) \(value)?"
                return
            }
        }
    }

    /// The exit status: 0 when every promise was kept, 1 when one was not, 64 for wrong arguments.
    func run() -> Int32 {
        if let problem {
            say(
                "soak: \(problem)\nusage: soak [--seed N[-M]] [--hours H] [--rate R] "
                    + "[--link \(SoakLink.allCases.map(\.rawValue).joined(separator: "|"))] [--transcript FILE]")
            return 64
        }
        var status: Int32 = 0
        for seed in seeds where !runOne(seed) { status = 1 }
        return status
    }

    private func runOne(_ seed: UInt64) -> Bool {
        let before = Self.processorTime
        let keeps = transcript == nil ? 600 : 1_000_000
        let report = SoakRun(seed: seed, hours: hours, rate: rate, link: link, keeps: keeps).run()
        let seconds = Self.processorTime - before
        if let transcript { write(report.transcript, to: transcript) }
        say(
            """
            \(report.plan)
              \(tenths(report.hours)) h bridge time in \(thousandths(seconds)) s CPU, \(report.events) events, digest \
            \(String(report.digest, radix: 16))
              out: \(report.out.published) published, \(report.out.arrived) arrived, \(report.out.doubled) again, \
            \(report.out.refused) refused; in: \(report.incoming.published) published, \(report.incoming.handedOver) \
            handed over, \(report.incoming.arrived) arrived, \(report.incoming.doubled) again
              \(report.faults) faults, \(report.kills) kills, \(report.calms.count) calms; longest until online \
            \(tenths(report.calms.longestOnline)) s, until all was through \(tenths(report.calms.longestThrough)) s
            """)
        guard let violation = report.violation else { return true }
        if transcript == nil { for line in report.transcript { say(line) } }
        say("FAILED seed \(seed): \(violation)")
        say("again: soak --seed \(seed) --hours \(hours) --rate \(rate)\(link.map { " --link \($0.rawValue)" } ?? "")")
        return false
    }

    private func write(_ lines: [String], to path: String) {
        guard let file = unsafe fopen(path, "w") else { return say("soak: cannot write \(path)") }
        for line in lines { unsafe fputs(line + "\n", file) }
        unsafe fclose(file)
    }

    private func say(_ text: String) { print(text) }

    private func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
    private func thousandths(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }

    private static var processorTime: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
