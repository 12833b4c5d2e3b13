// Mistakes in what was typed. All end in status 2, and none is found by looking at anything but the arguments and the
// environment.

import SnapStore

/// What cannot be meant. Words for it are in ErrorWords.swift.
enum UsageError: Error, Equatable, Sendable {
    case unknownCommand(String, suggestions: [String])
    /// Nothing that help explains.
    case unknownTopic(String, suggestions: [String])
    case unknownOption(String, suggestions: [String])
    case missingValue(option: String, valueName: String)
    case unexpectedValue(option: String)
    case notAChoice(option: String, value: String, choices: [String], suggestions: [String])
    case invalidValue(option: String, value: String, reason: String)
    case missingOperand(String)
    case extraOperand([UInt8])
    /// Two options that do not go together.
    case exclusive(String, String)
    /// An option that means nothing without another.
    case requires(option: String, other: String)
    /// An option of snap itself that this command has no use for.
    case notApplicable(option: String)
    /// An option of snap itself that another program would not hear of.
    case notPassedOn(option: String, to: String)
    case unknownSetting(String, suggestions: [String])
    case invalidRevision(String, RevisionError)
    case invalidName(String, NameError)
    case invalidEnvironment(variable: String, value: [UInt8], reason: String)
}
