// How help writes. It quotes what is typed, as 'snap take', in single quotes; apostrophes are the same character, so
// they are told apart by what stands around them. What a thing is for is a phrase, which starts with a small letter.

/// A stretch of a text, without the quotes around it.
struct QuotedRun: Equatable {
    var text: String
    var isQuoted: Bool
}

/// The text as what is quoted and what is not, in order. A quote that is not closed is text.
func quotedRuns(_ text: String) -> [QuotedRun] {
    let characters = Array(text)
    var runs: [QuotedRun] = []
    var run = QuotedRun(text: "", isQuoted: false)
    for (index, character) in characters.enumerated() {
        let isAfterWord = index > 0 && isWordCharacter(characters[index - 1])
        let isBeforeWord = index + 1 < characters.count && isWordCharacter(characters[index + 1])
        let isBeforeSpace = index + 1 == characters.count || characters[index + 1] == " "
        let opens = character == "'" && !run.isQuoted && !isAfterWord && !isBeforeSpace
        let closes = character == "'" && run.isQuoted && !isBeforeWord
        guard opens || closes else {
            run.text.append(character)
            continue
        }
        if !run.text.isEmpty { runs.append(run) }
        run = QuotedRun(text: "", isQuoted: opens)
    }
    if run.isQuoted { run = QuotedRun(text: "'" + run.text, isQuoted: false) }
    if !run.text.isEmpty { runs.append(run) }
    return runs
}

func isWordCharacter(_ character: Character) -> Bool { character.isLetter || character.isNumber }

/// A phrase as the start of a sentence.
func capitalized(_ phrase: String) -> String { phrase.prefix(1).uppercased() + phrase.dropFirst() }
