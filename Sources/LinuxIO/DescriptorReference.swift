/// An owned descriptor that a class can give up early: closed when the last reference goes.
final class DescriptorReference {
    let descriptor: OwnedDescriptor

    init(_ descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }

    var raw: Int32 { descriptor.raw }
}
