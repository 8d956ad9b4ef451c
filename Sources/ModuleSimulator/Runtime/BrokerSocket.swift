import CLinuxShims
import Glibc
import LinuxIO

/// One TCP connection to a broker, with TLS on it or not; never blocks, not even for a name.
final class BrokerSocket {
    private enum State {
        case resolving
        case connecting(OwnedBox)
        case open(OwnedBox)
        case closed
    }

    /// A descriptor that an enum case can hold.
    private final class OwnedBox {
        let descriptor: OwnedDescriptor
        init(_ raw: Int32) { descriptor = OwnedDescriptor(owning: raw) }
    }

    private let loop: EventLoop
    private var state = State.resolving
    private let request: TLSRequest?
    private var tls: TLSClient?
    private var outgoing: [UInt8] = []
    /// Only for the socket commands: what the far side has is reported, and little is read at a time.
    private var acknowledgements: AcknowledgementWatch?
    private var look: EventLoop.TimerID?
    private var isReading = true
    private var onEvent: (SimulatedModule.NetworkEvent) -> Void

    /// Begins to connect; `onEvent` tells how it went and what comes. Loop thread only.
    init(
        _ endpoint: SimulatorOptions.Endpoint, tls request: TLSRequest? = nil, isStream: Bool = false, loop: EventLoop,
        onEvent: @escaping (SimulatedModule.NetworkEvent) -> Void
    ) {
        self.request = request
        acknowledgements = isStream ? AcknowledgementWatch() : nil
        self.loop = loop
        self.onEvent = onEvent
        NameLookup.start(endpoint, loop: loop) { [weak self] address in self?.resolved(address) }
    }

    // MARK: Connecting

    private func resolved(_ address: SocketAddress?) {
        guard case .resolving = state else { return }
        guard let address, let raw = address.startConnecting() else {
            end(.failed)
            return
        }
        let box = OwnedBox(raw)
        state = .connecting(box)
        do {
            try loop.watch(raw, .writable) { [weak self] readiness in self?.ready(readiness) }
        } catch {
            end(.failed)
        }
    }

    private func ready(_ readiness: EventLoop.Readiness) {
        switch state {
        case .resolving, .closed: break
        case .connecting(let box):
            var code: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            let result = unsafe getsockopt(box.descriptor.raw, SOL_SOCKET, SO_ERROR, &code, &size)
            guard result == 0, code == 0 else {
                end(.failed)
                return
            }
            state = .open(box)
            updateInterest()
            if let request { negotiate(request, box) } else { onEvent(.connected) }
        case .open(let box):
            if readiness.contains(.writable) { flush(box) }
            if readiness.contains(.readable) || !readiness.isDisjoint(with: .hangUp) { read(box) }
        }
    }

    // MARK: TLS

    /// Protocol and suite once TLS is up.
    var security: String? { tls.flatMap { $0.isUp ? $0.summary : nil } }

    private func negotiate(_ request: TLSRequest, _ box: OwnedBox) {
        onEvent(.negotiating)
        do throws(TLSClient.Failure) {
            let client = try TLSClient(request)
            tls = client
            try client.advance()
            flushSecured(box)
        } catch {
            end(.refused(error.reason))
        }
    }

    private func received(_ bytes: [UInt8], _ client: TLSClient, _ box: OwnedBox) {
        let wasUp = client.isUp
        do throws(TLSClient.Failure) {
            let (plain, isClosed) = try client.receive(bytes)
            flushSecured(box)
            if client.isUp, !wasUp { onEvent(.connected) }
            if !plain.isEmpty { onEvent(.bytes(plain)) }
            if isClosed { end(.closed) }
        } catch {
            // The alert that tells the broker why.
            flushSecured(box)
            end(.refused(error.reason))
        }
    }

    private func flushSecured(_ box: OwnedBox) {
        guard let tls else { return }
        outgoing += tls.takeOutput()
        flush(box)
    }

    // MARK: Traffic

    func send(_ bytes: [UInt8]) {
        guard case .open(let box) = state else { return }
        if let tls {
            tls.send(bytes)
            flushSecured(box)
        } else {
            outgoing += bytes
            flush(box)
        }
    }

    /// While false nothing is read, so that the broker feels it.
    func setReading(_ reading: Bool) {
        guard reading != isReading else { return }
        isReading = reading
        updateInterest()
    }

    private func flush(_ box: OwnedBox) {
        guard !outgoing.isEmpty else { return updateInterest() }
        do {
            let count = try write(outgoing[...], box)
            outgoing.removeFirst(count)
            updateInterest()
            acknowledgements?.written += count
            watchAcknowledgements()
        } catch {
            brokeOff()
        }
    }

    /// Without SIGPIPE when the broker is gone.
    private func write(_ bytes: ArraySlice<UInt8>, _ box: OwnedBox) throws(SystemError) -> Int {
        let count = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.send(box.descriptor.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count >= 0 { return count }
        guard errno == EAGAIN || errno == EINTR else { throw SystemError("send") }
        return 0
    }

    private func read(_ box: OwnedBox) {
        do {
            guard let bytes = try box.descriptor.read(upTo: acknowledgements == nil ? 16384 : 1460) else { return }
            if bytes.isEmpty {
                brokeOff()
            } else if let tls {
                received(bytes, tls, box)
            } else {
                onEvent(.bytes(bytes))
            }
        } catch {
            brokeOff()
        }
    }

    private func brokeOff() {
        let isCutShort = tls.map { !$0.isUp } ?? false
        end(isCutShort ? .refused("the broker closed the connection during the handshake") : .closed)
    }

    private func updateInterest() {
        guard case .open(let box) = state else { return }
        var interest: EventLoop.Readiness = isReading ? .readable : []
        if !outgoing.isEmpty { interest.insert(.writable) }
        try? loop.setInterest(box.descriptor.raw, interest)
    }

    // MARK: Acknowledgements

    /// Looks at what the far side's TCP has, again and again while something is outstanding; nothing else tells it.
    private func watchAcknowledgements() {
        guard var watch = acknowledgements, case .open(let box) = state else { return }
        let news = watch.advance(box.descriptor.raw)
        acknowledgements = watch
        if watch.isWaiting, look == nil {
            look = loop.schedule(after: watch.pause) { [weak self] in
                self?.look = nil
                self?.watchAcknowledgements()
            }
        }
        if let news { onEvent(.acknowledged(news)) }
    }

    // MARK: Closing

    /// Closes without an event. What was sent and fits the kernel's buffer still goes out.
    func close() {
        if let look { loop.cancel(look) }
        look = nil
        switch state {
        case .connecting(let box): loop.unwatch(box.descriptor.raw)
        case .open(let box):
            if let tls, outgoing.isEmpty {
                tls.sayGoodbye()
                _ = try? write(tls.takeOutput()[...], box)
            }
            loop.unwatch(box.descriptor.raw)
        case .resolving, .closed: break
        }
        state = .closed
        onEvent = { _ in }
    }

    private func end(_ event: SimulatedModule.NetworkEvent) {
        let tell = onEvent
        close()
        tell(event)
    }
}
