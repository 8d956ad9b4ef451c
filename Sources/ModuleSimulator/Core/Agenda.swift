/// What is to happen later, in the order of its time; of two for the same time the one noted first comes first.
struct Agenda<Item> {
    private var entries: [(due: Duration, item: Item)] = []

    var deadline: Duration? { entries.first?.due }

    mutating func add(_ item: Item, at due: Duration) {
        let place = entries.firstIndex { $0.due > due } ?? entries.endIndex
        entries.insert((due, item), at: place)
    }

    /// Takes the first entry due at `now`, with its own time.
    mutating func pop(now: Duration) -> (due: Duration, item: Item)? {
        guard let first = entries.first, first.due <= now else { return nil }
        return entries.removeFirst()
    }

    mutating func removeAll(where matches: (Item) -> Bool) {
        entries.removeAll { matches($0.item) }
    }

    /// Moves what matches to `due`, keeping its order.
    mutating func move(to due: Duration, where matches: (Item) -> Bool) {
        let moved = entries.filter { matches($0.item) }
        entries.removeAll { matches($0.item) }
        for entry in moved { add(entry.item, at: due) }
    }
}
