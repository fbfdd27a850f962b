/// Which recipients of a message: their positions in the message's list. A single one needs no allocation.
package struct RecipientIndexes: RandomAccessCollection, Hashable, Sendable, ExpressibleByArrayLiteral,
    CustomStringConvertible
{
    private enum Storage: Hashable, Sendable {
        case one(UInt16)
        case list([UInt16])
    }

    private let storage: Storage

    package init(_ index: UInt16) { storage = .one(index) }

    package init(_ indexes: [UInt16]) {
        if indexes.count == 1, let only = indexes.first {
            storage = .one(only)
        } else {
            storage = .list(indexes)
        }
    }

    package init(arrayLiteral elements: UInt16...) { self.init(elements) }

    package var startIndex: Int { 0 }

    package var endIndex: Int {
        switch storage {
        case .one: 1
        case .list(let list): list.count
        }
    }

    package subscript(position: Int) -> UInt16 {
        switch storage {
        case .one(let index): index
        case .list(let list): list[position]
        }
    }

    package var description: String { Array(self).description }
}
