/// The counters of single hours, which are kept for a while only: days tell of the rest.
enum UsageHours {
    /// In hours. One day more than a caller may ask for, which may begin in the middle of an hour.
    static let kept: Int32 = 8 * 24
}
