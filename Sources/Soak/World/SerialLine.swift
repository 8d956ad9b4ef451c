import BridgeRuntime
import LinuxIO
import ModuleSimulator

/// The wire between host and module: both directions at a rate, whole writes at a time, with all that can happen on it.
///
/// A write arrives when its last byte is through. Pieces are cut only where a fault or chance says so: byte by byte
/// would cost more than everything else together.
final class SerialLine {
    /// What the run wants to know of the wire.
    struct Observer {
        /// The bridge has written these bytes.
        var written: ([UInt8]) -> Void = { _ in }
        /// The bridge has read these bytes; `endsCommand`: with them the answer to a command is complete.
        var read: ([UInt8], _ endsCommand: Bool) -> Void = { _, _ in }
        /// A message from the remote broker has come through to a process, undamaged.
        var handedOver: (PrintTag) -> Void = { _ in }
        /// A message was damaged, or printed when nobody held the port.
        var spoiled: (PrintTag, _ isDamaged: Bool) -> Void = { _, _ in }
    }

    /// A piece on its way to the host.
    private struct Piece {
        var bytes: [UInt8]
        var tag: PrintTag?
        var endsCommand = false
        var isSpoiled = false
        var due: Duration = .zero
    }

    let clock: VirtualClock
    private let module: ModuleBox
    private var random: Chance
    private let normalBaud: Int
    var observer = Observer()
    private weak var port: LinePort?

    // MARK: Faults, set from outside

    /// The line's rate now.
    var baud: Int
    /// Bytes the kernel takes ahead of the line.
    var kernelRoom = 4096
    /// While false there is no device.
    private(set) var isPlugged = true
    /// The module restarts once this many bytes of the next write have reached it.
    var rebootAtByte: Int?
    /// The next end of an answer comes so much later; only messages overtake it, since answers come in order.
    var lateAnswer: Duration?
    /// The next end of an answer never comes.
    var losesAnswer = false
    /// Comes between the lines of the next answer.
    var insideAnswer: [UInt8]?
    /// Comes inside the next message from the remote broker.
    var insidePayload: [UInt8]?
    /// Whether what a module stops printing in the middle stays cut; else it stops between two pieces.
    var cutsPieces = true
    /// What of a write gets to the kernel.
    var cutWrite: ([UInt8]) -> [UInt8] = { $0 }
    /// Bytes of the next message or answer that are changed.
    var isNoisy = false

    /// Lines that end a command: an outcome whose OK was lost, and what some modules say an OK after.
    private static let ends = ["ERROR", "SHUT OK", "10.76.1.35", "010.076.001.035"].map { Array("\r\n\($0)".utf8) }
    private static let pieceLength = 64

    private var hostFree: Duration = .zero
    private var moduleFree: Duration = .zero
    private var epoch = 0
    private var toHost: [Piece] = []
    private var inFlight = 0
    /// Behind an answer that is late.
    private var held: [Piece] = []

    init(_ clock: VirtualClock, _ module: ModuleBox, baud: Int, seed: UInt64) {
        self.clock = clock
        self.module = module
        self.baud = baud
        normalBaud = baud
        random = Chance(seed: seed ^ 0x11E)
        module.onOutput = { [unowned self] in printed($0) }
    }

    func restoreRate() {
        let wasPending = pendingBytes > 0
        (baud, kernelRoom) = (normalBaud, 4096)
        if wasPending, pendingBytes == 0 { port?.drained() }
    }

    private func length(_ count: Int) -> Duration { .nanoseconds(Int64(count) * 10_000_000_000 / Int64(baud)) }

    // MARK: The host's end

    func open(_ new: LinePort) throws(SerialPort.OpenFailure) {
        guard isPlugged else { throw .missing(path: "/dev/module") }
        port = new
        // What had come before is flushed.
        spoilWaiting()
    }

    func closed(_ old: LinePort) {
        guard port === old else { return }
        port = nil
        spoilWaiting()
    }

    var bytesInFlight: Int { inFlight }
    var pendingBytes: Int { max(inFlight - kernelRoom, 0) }

    func hostWrote(_ wanted: [UInt8]) {
        observer.written(wanted)
        let bytes = cutWrite(wanted)
        inFlight += bytes.count
        let epoch = epoch
        // In pieces: a module counts the silence between bytes, and a long write is none.
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(Self.pieceLength))
            rest = rest.dropFirst(Self.pieceLength)
            hostFree = max(hostFree, clock.now) + length(piece.count)
            _ = clock.schedule(at: hostFree) { [unowned self] in
                guard epoch == self.epoch else { return }
                arrived(piece)
            }
        }
    }

    private func arrived(_ bytes: [UInt8]) {
        let wasPending = pendingBytes > 0
        inFlight -= bytes.count
        if let limit = rebootAtByte {
            rebootAtByte = nil
            let cut = min(limit, bytes.count)
            module.received(Array(bytes[..<cut]))
            cutOutput()
            module.inject(.reboot)
            if cut < bytes.count { module.received(Array(bytes[cut...])) }
        } else {
            module.received(bytes)
        }
        if wasPending, pendingBytes == 0 { port?.drained() }
    }

    // MARK: The module's end

    private func printed(_ pieces: [ModuleBox.Piece]) {
        for piece in pieces {
            let ends = piece.endsCommand || Self.ends.contains { piece.bytes.starts(with: $0) }
            var next = Piece(bytes: piece.bytes, tag: piece.tag, endsCommand: ends)
            spoil(&next)
            if ends, losesAnswer {
                losesAnswer = false
                continue
            }
            if ends, let delay = lateAnswer {
                lateAnswer = nil
                hold(next, delay)
            } else if !held.isEmpty, next.tag == nil {
                held.append(next)
            } else {
                queue(next)
            }
        }
    }

    private func hold(_ piece: Piece, _ delay: Duration) {
        let isFirst = held.isEmpty
        held.append(piece)
        guard isFirst else { return }
        let epoch = epoch
        clock.after(delay) { [unowned self] in
            guard epoch == self.epoch else { return }
            let all = held
            held = []
            for piece in all { queue(piece) }
        }
    }

    private func spoil(_ piece: inout Piece) {
        let holdsLines = piece.tag?.payload.contains(0x0D) ?? false
        if piece.endsCommand, let text = insideAnswer {
            insideAnswer = nil
            piece.bytes = text + piece.bytes
        }
        if piece.tag != nil, let text = insidePayload {
            insidePayload = nil
            // A header torn apart does not say how far the payload goes, so lines in that are believed; nobody promises
            // otherwise (docs/delivery.md: what a garbled serial line destroys).
            let first = holdsLines ? max(0, piece.bytes.count - 2 - (piece.tag?.payload.count ?? 0)) : 0
            var spoiled = piece.bytes
            spoiled.insert(contentsOf: text, at: random.number(first...piece.bytes.count))
            // What has its line end by chance where the message was to end looks whole, whoever reads it.
            let end = piece.bytes.count - 2
            if !holdsLines || !spoiled[end...].starts(with: [0x0D, 0x0A]) {
                piece.bytes = spoiled
                piece.isSpoiled = true
            }
        }
        if isNoisy, !holdsLines, piece.tag != nil || piece.endsCommand {
            isNoisy = false
            piece.isSpoiled = true
            for _ in 0..<random.number(1...4) {
                let place = random.number(0...piece.bytes.count - 1)
                switch random.number(0...2) {
                case 0: piece.bytes[place] ^= UInt8(1 << random.number(0...7))
                case 1 where piece.bytes.count > 1: piece.bytes.remove(at: place)
                default: piece.bytes.insert(contentsOf: random.bytes(random.number(1...8)), at: place)
                }
            }
        }
    }

    private func queue(_ piece: Piece) {
        moduleFree = max(moduleFree, clock.now) + length(piece.bytes.count)
        var piece = piece
        piece.due = moduleFree
        toHost.append(piece)
        let epoch = epoch
        _ = clock.schedule(at: moduleFree) { [unowned self] in if epoch == self.epoch { deliver() } }
    }

    private func deliver() {
        // What was to come at this moment may have been cut off.
        guard let first = toHost.first, first.due <= clock.now else { return }
        let piece = toHost.removeFirst()
        guard let port else {
            if let tag = piece.tag { observer.spoiled(tag, false) }
            return
        }
        if let tag = piece.tag { piece.isSpoiled ? observer.spoiled(tag, true) : observer.handedOver(tag) }
        // Sometimes in two reads.
        if piece.bytes.count > 1, random.oneIn(16) {
            let cut = random.number(1...piece.bytes.count - 1)
            // A line is whole at its CR.
            let isWhole = piece.isSpoiled || cut == piece.bytes.count - 1
            read(Array(piece.bytes[..<cut]), piece.endsCommand && isWhole, port)
            read(Array(piece.bytes[cut...]), piece.endsCommand, port)
        } else {
            read(piece.bytes, piece.endsCommand, port)
        }
    }

    private func read(_ bytes: [UInt8], _ endsCommand: Bool, _ port: LinePort) {
        observer.read(bytes, endsCommand)
        port.onBytes(bytes)
    }

    // MARK: What happens to the wire

    /// The module stops in the middle of what it prints.
    func cutOutput() {
        held = []
        guard !toHost.isEmpty else { return }
        let first = toHost.removeFirst()
        spoilWaiting()
        let place = random.number(0...first.bytes.count)
        let cut = cutsPieces ? Array(first.bytes.prefix(place)) : place == 0 ? [] : first.bytes
        if let tag = first.tag { observer.spoiled(tag, true) }
        // A line is whole at its CR, and then its answer came through after all.
        let ends = first.endsCommand && cut.count >= first.bytes.count - 1
        if !cut.isEmpty { queue(Piece(bytes: cut, tag: nil, endsCommand: ends)) }
    }

    private func spoilWaiting() {
        for piece in toHost { if let tag = piece.tag { observer.spoiled(tag, false) } }
        toHost = []
    }

    /// The device is gone; whoever had it is told. What was under way either way is lost.
    func unplug() {
        guard isPlugged else { return }
        isPlugged = false
        cutAll()
        let holder = port
        port = nil
        holder?.lost()
    }

    func plug() { isPlugged = true }

    private func cutAll() {
        spoilWaiting()
        held = []
        epoch += 1
        inFlight = 0
        (hostFree, moduleFree) = (clock.now, clock.now)
    }

    /// Bytes out of nowhere.
    func noise(_ bytes: [UInt8]) { queue(Piece(bytes: bytes, tag: nil)) }
}
