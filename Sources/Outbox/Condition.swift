import Glibc

/// A mutex with a condition variable.
// SAFETY: `@safe` and `@unchecked Sendable` because both live at a fixed address until the last owner is gone, and pthread
// functions may be called on them from any thread.
@safe final class Condition: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let variable = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe variable.initialize(to: pthread_cond_t())
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(variable, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(variable)
        unsafe pthread_mutex_destroy(mutex)
        unsafe variable.deallocate()
        unsafe mutex.deallocate()
    }

    /// Runs `body` with the mutex held.
    func withLock<Result>(_ body: () -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Gives the mutex up until `signal`; only inside `withLock`, in a loop that checks what is waited for.
    func wait() { unsafe pthread_cond_wait(variable, mutex) }

    /// Wakes one waiting thread.
    func signal() { unsafe pthread_cond_signal(variable) }
}
