// Tests ask for brokers, temporary directories and waiting under the kit's name; the demo uses the same ones.
@_exported public import PrivateBroker
