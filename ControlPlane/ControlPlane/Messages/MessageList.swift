import HTTP

/// A list of the Messages API: `{"data":[…],"meta":{…}}`.
struct MessageList: Encodable {
    struct Meta: Encodable {
        let count: Int
        let total: Int
        /// `true` where counting stopped: there are more than `total`.
        let totalIsMinimum: Bool?
        let limit: Int
        let offset: Int
        let hasMore: Bool

        init(count: Int, _ found: EmailPage, _ page: PageRequest) {
            self.count = count
            total = found.total
            totalIsMinimum = found.isMinimum ? true : nil
            limit = page.limit
            offset = page.offset
            hasMore = found.isMinimum || page.offset + count < found.total
        }
    }

    let data: [MessageItem]
    let meta: Meta

    static let schema = Schema.record([
        "data": .array(MessageItem.schema),
        "meta": .record([
            "count": .integer.example(1), "total": .integer.example(1250), "limit": .integer.example(50),
            "offset": .integer.example(0), "has_more": .boolean.example(true),
            "total_is_minimum": .boolean.optional.described(
                "`true` where counting stopped: there are more than `total`."),
        ]).named("ListMeta"),
    ])
}
