import ATProtocol
import CEdit
import Glibc
import LinuxIO
import Synchronization

/// Lines typed at a terminal, with editing and history, while other things are printed above them. One at a time.
final class LineEditor {
    /// Lines of history kept.
    private static let limit = 1000
    /// What libedit has handed over; nil is the end of input.
    private static let typed = Mutex<[[UInt8]?]>([])

    private let loop: EventLoop
    private let onLine: ([UInt8]?) -> Void
    private let historyPath: String?
    private var history: [[UInt8]] = []
    private var isOpen = true

    /// Takes the terminal over; nil where there is no libedit. `onLine` gets nil at the end of input (Ctrl-D).
    init?(_ loop: EventLoop, prompt: String, onLine: @escaping ([UInt8]?) -> Void) {
        self.loop = loop
        self.onLine = onLine
        historyPath = Self.path
        let isThere = unsafe cellbridge_edit_open("cellbridge", prompt, lineTyped)
        guard isThere == 0 else { return nil }
        load()
        guard (try? loop.watch(0, .readable, { [weak self] _ in self?.read() })) != nil else {
            cellbridge_edit_close()
            return nil
        }
    }

    /// Prints lines above the input line.
    func print(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        cellbridge_edit_hide()
        for line in lines { Console.line(line) }
        if isOpen { cellbridge_edit_show() }
    }

    /// Throws away what was typed.
    func discard() {
        cellbridge_edit_hide()
        Console.line("^C")
        cellbridge_edit_discard()
    }

    /// Keeps a line for the arrow keys and the next time; never one with a secret in it.
    func remember(_ line: [UInt8]) {
        guard line != history.last, ATCommand.redacted(line).utf8.elementsEqual(line) else { return }
        history.append(line)
        add(line)
    }

    /// Gives the terminal back and writes the history.
    func close() {
        guard isOpen else { return }
        isOpen = false
        loop.unwatch(0)
        cellbridge_edit_close()
        save()
    }

    private func read() {
        cellbridge_edit_read()
        let lines = Self.typed.withLock { lines in
            defer { lines = [] }
            return lines
        }
        for line in lines where isOpen { onLine(line) }
    }

    fileprivate static func took(_ line: UnsafeMutablePointer<CChar>?) {
        guard let line = unsafe line else { return typed.withLock { $0.append(nil) } }
        let bytes = unsafe [UInt8](UnsafeRawBufferPointer(start: line, count: strlen(line)))
        unsafe free(line)
        typed.withLock { $0.append(bytes) }
    }

    // MARK: History

    /// `$XDG_STATE_HOME/cellbridge/history`, by default under ~/.local/state.
    private static var path: String? {
        func variable(_ name: String) -> String? {
            unsafe getenv(name).map { unsafe String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
        }
        guard let folder = variable("XDG_STATE_HOME") ?? variable("HOME").map({ $0 + "/.local/state" }) else {
            return nil
        }
        return folder + "/cellbridge/history"
    }

    private func load() {
        guard let historyPath, let bytes = try? Files.read(historyPath, limit: 1 << 20) else { return }
        history = bytes.split(separator: 0x0A).suffix(Self.limit).map(Array.init)
        for line in history { add(line) }
    }

    private func add(_ line: [UInt8]) {
        guard !line.contains(0) else { return }
        unsafe (line + [0]).withUnsafeBufferPointer { line in
            unsafe line.withMemoryRebound(to: CChar.self) { unsafe cellbridge_edit_remember($0.baseAddress) }
        }
    }

    /// A history that cannot be kept is no reason to complain.
    private func save() {
        guard let historyPath, !history.isEmpty, let slash = historyPath.lastIndex(of: "/") else { return }
        do throws(SystemError) {
            try Files.makeDirectories(String(historyPath[..<slash]))
            let lines: [UInt8] = history.suffix(Self.limit).flatMap { (line: [UInt8]) -> [UInt8] in line + [0x0A] }
            try Files.writeAtomically(historyPath, lines, mode: 0o600)
        } catch {
            return
        }
    }
}

private func lineTyped(_ line: UnsafeMutablePointer<CChar>?) { unsafe LineEditor.took(line) }
