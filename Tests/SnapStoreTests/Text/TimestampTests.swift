// Times as text: their calendar, their one form in files, their limits.

import Testing

@testable import SnapStore

@Suite struct TimestampTests {
    private func read(_ text: String) -> Timestamp? {
        let bytes = Array(text.utf8)
        return Timestamp(text: bytes.span)
    }

    // Seconds by `date -u -d … +%s`.
    @Test(arguments: [
        ("1970-01-01T00:00:00.000000000Z", 0 as Int64, 0 as UInt32),
        ("2026-11-20T10:00:00.123456789Z", 1_795_168_800, 123_456_789),
        ("1969-12-31T23:59:59.999999999Z", -1, 999_999_999),
        ("2000-02-29T12:34:56.000000001Z", 951_827_696, 1),
        ("0000-01-01T00:00:00.000000000Z", -62_167_219_200, 0),
        ("0000-02-29T00:00:00.000000000Z", -62_162_121_600, 0),
        ("9999-12-31T23:59:59.999999999Z", 253_402_300_799, 999_999_999),
        ("1900-03-01T00:00:00.000000000Z", -2_203_891_200, 0),
    ])
    func textAndMomentAgree(text: String, seconds: Int64, nanoseconds: UInt32) {
        let moment = Timestamp(seconds: seconds, nanoseconds: nanoseconds)
        #expect(moment.description == text)
        #expect(read(text) == moment)
    }

    @Test func daysOfFourCenturiesReadBackInOrder() {
        var previous = ""
        // Four centuries in steps of 29 days, which come to every date of the year.
        for day in stride(from: Int64(-60_000), through: 86_097, by: 29) {
            let moment = Timestamp(seconds: day * 86_400)
            let text = moment.description
            #expect(read(text) == moment)
            #expect(previous < text)
            previous = text
        }
    }

    @Test(arguments: UInt64(0)..<200) func everyMomentReadsBack(seed: UInt64) {
        var samples = TextSamples(seed: seed)
        let moment = samples.event().time
        #expect(read(moment.description) == moment)
    }

    @Test func whatTheTextCannotSayIsTheNearestThatItCan() {
        #expect(Timestamp(seconds: .min).description == "0000-01-01T00:00:00.000000000Z")
        #expect(Timestamp(seconds: .max, nanoseconds: .max).description == "9999-12-31T23:59:59.999999999Z")
        #expect(Timestamp(seconds: 0, nanoseconds: .max).nanoseconds == 999_999_999)
    }

    @Test(arguments: [
        "", "Z", "2026-11-20T10:00:00Z", "2026-11-20T10:00:00.12345678Z", "2026-11-20T10:00:00.1234567890Z",
        "2026-11-20t10:00:00.123456789Z", "2026-11-20T10:00:00.123456789z", "2026-11-20T10:00:00,123456789Z",
        "2026-13-20T10:00:00.123456789Z", "2026-00-20T10:00:00.123456789Z", "2026-11-31T10:00:00.123456789Z",
        "2026-11-00T10:00:00.123456789Z", "2026-02-29T10:00:00.123456789Z", "1900-02-29T10:00:00.123456789Z",
        "2026-11-20T24:00:00.123456789Z", "2026-11-20T10:60:00.123456789Z", "2026-11-20T10:00:60.123456789Z",
        "+026-11-20T10:00:00.123456789Z", "2026-11-20T10:00:00.12345678 Z", "2026 11-20T10:00:00.123456789Z",
    ])
    func filesHaveOneForm(text: String) {
        #expect(read(text) == nil)
    }

    @Test(arguments: [
        ("2026-11-20T10:00Z", "2026-11-20T10:00:00.000000000Z"),
        ("2026-11-20T10:00:07Z", "2026-11-20T10:00:07.000000000Z"),
        ("2026-11-20T10:00:07.5Z", "2026-11-20T10:00:07.500000000Z"),
        ("2026-11-20T10:00:07.123456789Z", "2026-11-20T10:00:07.123456789Z"),
    ])
    func peopleMayLeaveOutWhatIsZero(text: String, expected: String) {
        #expect(Timestamp(iso8601: text)?.description == expected)
    }

    @Test(arguments: [
        "2026-11-20", "2026-11-20T10:00", "2026-11-20T10:00+01:00", "2026-11-20T10:00:7Z", "2026-11-20T10:00:07.Z",
        "2026-11-20T10:00:Z", "2026-11-20T10:00ZZ", "20261120T100000Z", "2026-11-20T10:00:07.1234567890Z",
    ])
    func otherTimesAreNotGuessed(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test func orderIsThatOfTime() {
        let moments = [
            Timestamp(seconds: -2, nanoseconds: 5), Timestamp(seconds: -1), Timestamp(seconds: -1, nanoseconds: 1),
            Timestamp(seconds: 0),
        ]
        #expect(moments.shuffled().sorted() == moments)
    }
}
