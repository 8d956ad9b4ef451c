public import LinuxIO

/// Runs `loop` until `until` holds or `limit` has passed, and returns whether it holds.
///
/// It is asked after each event and every 5 ms, so nothing has to sleep for a fixed time.
@discardableResult
public func runLoop(_ loop: EventLoop, limit: Duration = .seconds(10), until: () -> Bool) -> Bool {
    let end = loop.now + limit
    var tick: EventLoop.TimerID?
    func rearm() {
        tick = loop.schedule(after: .milliseconds(5)) { rearm() }
    }
    rearm()
    defer { if let tick { loop.cancel(tick) } }
    var holds = until()
    while !holds, loop.now < end {
        // Again after a `stop()` of the code under test.
        loop.run(until: {
            holds = until()
            return holds || loop.now >= end
        })
    }
    return holds || until()
}

/// Waits, without a loop, until `until` holds or `limit` has passed, and returns whether it holds.
@discardableResult
public func waitUntil(limit: Duration = .seconds(10), _ until: () -> Bool) -> Bool {
    guard let loop = try? EventLoop() else { return until() }
    return runLoop(loop, limit: limit, until: until)
}
