import Admission
import HTTP

/// What of a message's reading is to be followed: `opens`, `clicks`. Each is off unless it is asked for.
struct TrackingField: TabledFields {
    enum CodingKeys: String, CodingKey, CaseIterable { case opens, clicks }

    static let fields = FieldTable(CodingKeys.self)

    let opens: Bool?
    let clicks: Bool?
}

extension Submission.Tracking {
    init(_ field: TrackingField?) {
        self.init(opens: field?.opens ?? false, clicks: field?.clicks ?? false)
    }
}
