/// The bounds of one load; nonsense is brought into range.
struct LoadRequest: Sendable {
    /// Ids to leave out.
    let excluding: [Int64]
    /// Rows at most, 1 or more.
    let limit: Int
    /// Bytes of cost at most, unless the first row alone has more.
    let maximumBytes: Int
    /// Names the call in its event.
    let token: Int

    init(excluding: [Int64], limit: Int, maximumBytes: Int, token: Int) {
        self.excluding = excluding
        self.limit = max(1, limit)
        self.maximumBytes = max(0, maximumBytes)
        self.token = token
    }
}
