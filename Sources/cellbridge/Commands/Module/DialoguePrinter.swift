import BridgeRuntime
import Control
import LinuxIO

/// `--verbose`: each step of the AT dialogue with its time since the command began, and the bytes spent, on standard error.
final class DialoguePrinter {
    private let loop: EventLoop
    private let begin: Duration
    private var sent = 0
    private var received = 0
    private var rest: [UInt8] = []

    /// Shows the dialogue of `work` from here on.
    convenience init(_ work: ModuleWork) { self.init(work.operations, work.loop) }

    /// Shows the dialogue of whoever has the port from here on.
    init(_ operations: any Operations, _ loop: EventLoop) {
        self.loop = loop
        begin = loop.now
        _ = operations.begin("dialogue", [], onEvent: { [weak self] in self?.show($0) }) { result in
            if case .failure(let failure) = result { Console.error("--verbose: \(failure.text)") }
        }
    }

    /// The bytes that went each way.
    func finish() {
        flush()
        Console.error("\(time) \(sent) bytes to the module, \(received) from it")
    }

    private func show(_ event: JSONValue) {
        if let text = event["sent"]?.string {
            flush()
            sent += Int(clamping: event["bytes"]?.integer ?? 0)
            Console.error("\(time) -> \(text)")
        } else if let bytes = event["received"]?.string.flatMap(Base64.decode) {
            received += bytes.count
            rest += bytes
            while let place = rest.firstIndex(of: 0x0A) {
                print(rest[..<place])
                rest.removeFirst(place + 1)
            }
            if rest.count > 8192 { flush() }
        }
    }

    private func flush() {
        print(rest[...])
        rest = []
    }

    private func print(_ line: ArraySlice<UInt8>) {
        let text = Console.printable(line.filter { $0 != 0x0D })
        if !text.isEmpty { Console.error("\(time) <- \(text)") }
    }

    /// `+1.234 s`.
    private var time: String {
        let milliseconds = Int((loop.now - begin) / .milliseconds(1))
        let fraction = String(milliseconds % 1000)
        return "+\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction) s"
    }
}
