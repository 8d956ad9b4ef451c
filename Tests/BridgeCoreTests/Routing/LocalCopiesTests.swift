import BridgeCore
import Testing

@Suite struct LocalCopiesTests {
    private func filters(_ texts: String...) throws -> [TopicFilter] {
        try texts.map { text throws(TopicError) in try TopicFilter(bytes(text)) }
    }

    @Test func onlyTheCopyOfTheFirstFilterIsTaken() throws {
        let copies = LocalCopies(filters: try filters("a/+/c", "a/b/#", "d"))
        let ids = copies.identifiers.compactMap { $0 }
        #expect(copies.areNeeded)
        #expect(Set(ids).count == 3)
        #expect(copies.takes(topic: bytes("a/b/c"), carried: [ids[0]]))
        #expect(!copies.takes(topic: bytes("a/b/c"), carried: [ids[1]]))
        #expect(copies.takes(topic: bytes("a/b/x"), carried: [ids[1]]))
        #expect(copies.takes(topic: bytes("a/b/c"), carried: [ids[1], ids[0]]), "one message for both")
    }

    @Test func inDoubtACopyIsTaken() throws {
        let copies = LocalCopies(filters: try filters("a/+/c", "a/b/#"))
        let ids = copies.identifiers.compactMap { $0 }
        #expect(copies.takes(topic: bytes("a/b/c"), carried: []), "the broker does not say")
        #expect(copies.takes(topic: bytes("a/b/c"), carried: [1]), "from before a change of the list")
        #expect(copies.takes(topic: bytes("a/b/c"), carried: [ids[1], 1]))
        #expect(copies.takes(topic: bytes("a/b/c"), carried: [ids[1]], refused: [0]))
        #expect(copies.takes(topic: bytes("zzz"), carried: [ids[1]]))
    }

    @Test func identifiersAreValidAndChangeWithTheList() throws {
        let one = LocalCopies(filters: try filters("a/+/c", "a/b/#"))
        let other = LocalCopies(filters: try filters("a/+/c", "a/b/+"))
        #expect(Set(one.identifiers).isDisjoint(with: other.identifiers))
        let many = LocalCopies(
            filters: try (0..<4200).map { index throws(TopicError) in try TopicFilter(bytes("t\(index)")) })
        #expect(many.identifiers.compactMap { $0 }.allSatisfy { (1...268_435_455).contains($0) })
        #expect(many.identifiers[4095] == nil)
        #expect(!many.areNeeded)
    }
}
