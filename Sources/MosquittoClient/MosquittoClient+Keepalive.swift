import LinuxIO

/// Pings, from CONNACK on.
extension MosquittoClient {
    func greeted(_ handle: MosquittoHandle) {
        phase = .connected
        limits = handle.limits
        if let deadline { loop.cancel(deadline) }
        deadline = nil
        let keepalive = handle.limits.serverKeepalive ?? options.keepalive
        // An eighth late is well inside the half that MQTT allows, and an idle process should sleep.
        if keepalive > 0 { scheduleKeepalive(.seconds(min(max(keepalive / 8, 1), 10))) }
    }

    private func scheduleKeepalive(_ interval: Duration) {
        keepaliveTimer = loop.schedule(after: interval) { [weak self] in
            guard let self, let handle = self.handle else { return }
            self.scheduleKeepalive(interval)
            self.settle(handle, handle.misc())
        }
    }
}
