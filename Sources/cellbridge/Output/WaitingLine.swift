import Glibc
import LinuxIO

/// What a command waits for: a line on a terminal's standard error that is gone before anything else is printed. Shown only
/// when the wait is worth it; nothing where standard error is no terminal.
final class WaitingLine {
    /// A wait that is over sooner shows nothing. With what a command does before it, less than 100 ms.
    static let patience: Duration = .milliseconds(40)
    /// Wider would wrap, and could not be taken away again.
    private static let width = 78

    private let loop: EventLoop
    private let write: ((String) -> Void)?
    private var text: String
    private var timer: EventLoop.TimerID?
    private var isShown = false

    /// Begins to wait for what `text` says. `isWanted`: whether anybody wants to see it.
    convenience init(_ text: String, _ loop: EventLoop, isWanted: Bool) {
        let isVisible = isWanted && Console.canRedrawErrors
        self.init(text, loop, write: isVisible ? { Console.writeError($0) } : nil)
    }

    /// `write` puts text on the terminal; nil: there is none.
    init(_ text: String, _ loop: EventLoop, write: ((String) -> Void)?) {
        self.text = text
        self.loop = loop
        self.write = write
        guard write != nil else { return }
        timer = loop.schedule(after: Self.patience) { [weak self] in
            self?.timer = nil
            self?.draw()
        }
    }

    deinit { clear() }

    /// It waits for something else now.
    func show(_ text: String) {
        guard text != self.text else { return }
        self.text = text
        if isShown { draw() }
    }

    /// The wait is over.
    func clear() {
        if let timer { loop.cancel(timer) }
        timer = nil
        guard isShown else { return }
        isShown = false
        write?("\r\u{1B}[K")
    }

    private func draw() {
        isShown = true
        let line = Console.printable(Array(text.utf8))
        let shown = line.count > Self.width ? line.prefix(Self.width - 1) + "…" : line[...]
        write?("\r\u{1B}[K\(shown)")
    }
}
