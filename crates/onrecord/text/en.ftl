### Every word a person reads on a page or in a mail. One message per thought; plain words, sentence case,
### no exclamation marks. Fixed names stay as they are: Sync Data, New Conference, View Online, OnRecord.

## Layout and navigation

skip = Skip to content
nav-label = Main
nav-home = Home
nav-conferences = Conferences
nav-courses = Courses
nav-manage = Manage
nav-monitor = Monitor
nav-storage = Storage
nav-inbox = Inbox
nav-ledger = Ledger
nav-reports = Reports
nav-mail = Mail
nav-keeping = Keeping
nav-people = People
nav-teams = Microsoft Teams
nav-audit = Audit
manage-label = Manage
account-menu = { $name }, your account
account-settings = Your account
account-tokens = API tokens
sign-out = Sign out

## Words used everywhere

and = and
add = Add
close = Close
copy = Copy
copied = Copied
disable = Disable
download = Download
edit = Edit
email = E-mail
enable = Enable
invite = Invite someone
not-now = Not now
password = Password
reason = Reason
remove = Remove
retry = Try again
revoke = Revoke
save = Save
never = Never
role-admin = Administrator
role-officer = Officer
role-none = None: by course only
role-choose = Choose administrator, officer or none.
role-make-admin = Make an administrator
role-make-officer = Make an officer
role-take-away = Take the role away
role-sure = { $what }: { $name }? It holds from their next page on.
role-instructor = Instructor
role-learner = Learner
show = Show
upload = Upload
attempts = { $n ->
    [one] { $n } attempt
   *[other] { $n } attempts
}
pager-label = Pages
pager-first = Back to the start
pager-next = More
problems-title = { $n ->
    [one] One thing to mend
   *[other] { $n } things to mend
}
field-locked = Set by { $variable }; change it there.

## Times, durations, sizes

now = now
today = Today
tomorrow = Tomorrow
yesterday = Yesterday
# The same within a sentence.
today-within = today
tomorrow-within = tomorrow
yesterday-within = yesterday
in-time = in { $time }
time-ago = { $time } ago
minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}
hours = { $n ->
    [one] { $n } hour
   *[other] { $n } hours
}
days = { $n ->
    [one] { $n } day
   *[other] { $n } days
}
months = { $n ->
    [one] { $n } month
   *[other] { $n } months
}
unit-second = s
unit-minute = min
unit-hour = h
unit-byte = B
unit-kilobyte = kB
unit-megabyte = MB
unit-gigabyte = GB
unit-terabyte = TB
# Date patterns, as Unicode has them: EEEE weekday, EEE short, d day, MMMM month, MMM short, yyyy, HH:mm, zzz zone, VV zone name.
clock = HH:mm
date-tiny = d MMM
date-short = EEE d MMM
date-short-year = EEE d MMM yyyy
date-long = d MMMM yyyy
date-heading = EEEE d MMMM
date-full = EEEE d MMMM yyyy, HH:mm zzz (VV)
monday = Monday
tuesday = Tuesday
wednesday = Wednesday
thursday = Thursday
friday = Friday
saturday = Saturday
sunday = Sunday
monday-short = Mon
tuesday-short = Tue
wednesday-short = Wed
thursday-short = Thu
friday-short = Fri
saturday-short = Sat
sunday-short = Sun
january = January
february = February
march = March
april = April
may = May
june = June
july = July
august = August
september = September
october = October
november = November
december = December
january-short = Jan
february-short = Feb
march-short = Mar
april-short = Apr
may-short = May
june-short = Jun
july-short = Jul
august-short = Aug
september-short = Sep
october-short = Oct
november-short = Nov
december-short = Dec

## Verdicts and the record line

verdict-recorded = Recorded
verdict-waiting = Waiting
verdict-missing = Missing
verdict-not-held = Not held
verdict-cancelled = Cancelled
verdict-exempted = Exempted
verdict-upcoming = Upcoming
verdict-running = In class now
tally = { $n } { $verdict }
recline-label = Classes of this conference
recline-shown = shown below

## Table columns

column-actions = Actions
column-conference = Conference
column-courses = Courses
column-dead = Given up
column-downloads = Downloads
column-duration = Duration
column-error = What went wrong
column-file = File
column-given-up = Given up
column-job = Work
column-joined = Joined
column-kept = Kept in
column-last-seen = Last seen
column-last-used = Last used
column-left = Left
column-name = Name
column-oldest = Oldest
column-present = Present
column-record-line = Class by class
column-role = Role
column-running = Running
column-scope = May
column-section = Section
column-seq = Number
column-shared = Shared by
column-size = Size
column-state = State
column-subject = About
column-title = Title
column-until = Until
column-waiting = Waiting
column-what = What
column-when = When
column-who = Who

## Sign-in and first password

login-title = Sign in
login-heading = Sign in to OnRecord
login-lead = Your classes, their recordings and transcripts.
login-help = No account, or forgotten the password? Your school’s OnRecord administrator can send you a link to set a new one.
login-refused = E-mail and password do not fit together
login-refused-fix = Check both and try again. Capital letters count in the password.
login-slowed = Too many attempts
login-slowed-fix = Please wait { $n ->
    [one] one minute
   *[other] { $n } minutes
}, then try again. Nothing is locked.
sign-in = Sign in
welcome-title = Set your password
welcome-heading = Welcome, { $name }
welcome-lead = Choose a password for { $email }. This link works once.
welcome-spent = This link is no longer good
welcome-spent-why = Links to set a password work once, and for seven days.
welcome-spent-fix = If you have set a password already, sign in. Otherwise ask your OnRecord administrator for a new link.
new-password = New password
new-password-hint = At least 12 characters. A few words in a row are easy to keep in mind.
set-password = Set password

## Home

home-figures = At a glance
home-wrong = What needs you
home-next = Next
home-week = The next days
home-since = since { $time }
home-read-back = Read back from Teams { $ago }
home-fresh = Where is my recording?
home-fresh-teaching = What became of your classes
home-today = Classes of today
home-with-transcript = with transcript
home-download-of = Download { $title }
home-on-its-way = On its way
home-no-recording = No recording
home-waiting = The class ended { $ago }. The recording is usually here within an hour; you need do nothing.
home-missing-learner = There is no recording of this class.
home-not-held = Not held: Microsoft Teams shows no call. Nothing is missing.
home-not-shown = Recorded, but not shown at present.
home-recorded-staff = Recorded. The page of the class says where the recording is.
home-missing = { $title }, { $day }: no recording
home-see-what-happened = See what happened
home-see-in-ledger = Which, in the ledger
home-see-classes = Classes that need someone
home-need-you = { $n ->
    [one] One class needs attention
   *[other] { $n } classes need attention
}
home-nothing-ahead = No class is planned at present
home-class-is-on = Your class is on
home-next-today = Your next class starts at { $time }
home-next-day = Your next class: { $day }, { $time }
home-no-course = You are in no course yet
home-no-course-text = As soon as your school enrols you, your classes and their recordings appear here.
home-no-classes = No classes near
home-no-classes-text = Classes of these days and their recordings appear here by themselves.
home-all-well = Classes are being recorded
home-need-mending = { $n ->
    [one] One thing needs mending
   *[other] { $n } things need mending
}
home-none-today = No class today
home-none-today-text = Classes of the day and what becomes of them appear here.
home-dead-jobs = { $n ->
    [one] One piece of work was given up
   *[other] { $n } pieces of work were given up
}
home-not-connected = Microsoft Teams is not connected yet
home-not-connected-text = Until it is, no meeting can be made and nothing is recorded. An administrator connects it under Manage, Microsoft Teams.
home-not-verified = The connection to Microsoft Teams is not verified
home-not-verified-text = An administrator presses Save and verify under Manage, Microsoft Teams, and mends what is found.
home-no-account = There is no service account
home-no-account-text = Every meeting is organized by a service account. An administrator adds one under Manage, Microsoft Teams.
home-failing = { $n ->
    [one] One class is harmed; it starts { $first }.
   *[other] { $n } classes are harmed; the first starts { $first }.
}
home-failing-now = { $n ->
    [one] One class is harmed; it is on now.
   *[other] { $n } classes are harmed; the first is on now.
}
home-missing-count = { $n ->
    [one] One class of the last seven days has no recording
   *[other] { $n } classes of the last seven days have no recording
}
figure-recorded = recorded in the last seven days
figure-missing = without a recording
figure-waiting = on their way
figure-inbox = in the inbox
will-be-recorded = Will be recorded
home-not-on-yet = Recording is being switched on
home-not-on = Recording is not on
home-no-class = No class
home-courses = Your courses
all-conferences = All conferences
all-courses = All courses
new-conference = New Conference
join-teams = Join in Teams
view-online = View Online

## Courses

courses-title = Courses
courses-search = Find a course
new-course = New course
create-course = Create course
courses-lead-all = All courses of the school.
courses-lead-own = The courses you belong to.
courses-none = No course yet
courses-none-text = Courses come from the school’s own system, or an administrator adds them.
courses-not-found = No course found
courses-not-found-text = Try part of its code or title.
courses-shown = { $n ->
    [one] { $n } course
   *[other] { $n } courses
}
course-code = Short name
course-code-hint = Such as BIO-204.
course-term = Term
course-days = { $first } to { $last }
course-learners = { $n ->
    [one] { $n } learner
   *[other] { $n } learners
}
course-instructors = { $n } instructors
course-with = with { $names }
course-empty = No class yet
course-empty-staff = Schedule the first one with New Conference.
course-empty-learner = Classes appear here as soon as they are published.
class-now = Now
class-next = Next class
class-last = Last class
recording-not-on = Recording not on yet
all-in-order = All in order
not-published = Not published
course-settings = Settings of this course
course-settings-learners = Learners
course-sees-chat = Learners read the chat of a class
course-sees-files = Learners see the files shared in a class
course-invites = Learners are invited in Teams
course-invites-hint = Without an invitation they join from the class page. Invited people can open a recording in OneDrive as well, where OnRecord has no say.
course-settings-kinds = Fetched from Teams besides recordings
course-settings-kinds-hint = Recordings are always fetched. What is off for the whole school stays off here.
course-settings-save = Save settings
course-settings-saved = The settings of this course were saved
lines-shown = { $n } shown
roster-sum = { $learners ->
    [one] { $learners } learner
   *[other] { $learners } learners
}, { $instructors ->
    [one] { $instructors } instructor
   *[other] { $instructors } instructors
}
roster-empty = Nobody is in this course yet
roster-empty-text = Upload a list, or add people one by one.
roster-added = { $email } is in this course now
roster-removed = Removed from this course
upload-done = The list was taken
upload-counts = { $added } added, { $changed } changed, { $removed } removed, { $unchanged } unchanged. { $fresh } of them are new to OnRecord.
upload-refused = { $n ->
    [one] One line is wrong; nothing was changed
   *[other] { $n } things are wrong; nothing was changed
}
upload-refused-text = Mend the lines below and upload the file again. At most a hundred are shown.
users-upload-hint = UTF-8 with the header id, email, name, role, upn, entra_object_id, language; only id (the school’s own) and email are required. Role is admin, officer or empty. The same file again changes nothing, and an empty field leaves what is there. All or nothing: if a line is wrong, nothing changes.
users-upload-counts = { $added } added, { $changed } changed, { $unchanged } unchanged.
upload-too-many = That would remove many people; nothing was changed
roster-title = People
roster-add = Add one person
roster-remove-sure = Remove { $name } from this course? They lose access to its recordings at once. Nothing is deleted.
upload-title = Upload a list
upload-file = CSV file
upload-hint = UTF-8 with the header email, name, role, section, ends_on. Role is instructor or learner; only email is required. All or nothing: if a line is wrong, nothing changes.
upload-replace = Remove people who are not in the file
upload-force = Remove them, however many they are
upload-force-fix = If it is right, choose the file again and tick “Remove them, however many they are”.
upload-errors = What is wrong with the file
upload-line = Line
upload-line-n = Line { $n }
upload-column = Column
upload-what = What to mend

## Conferences

conferences-title = Conferences
conferences-lead = Every class and series you may see, and whether its recordings are here.
conferences-filter = Filter conferences
conferences-caption = Conferences
conferences-search = Title or course
conferences-course = Course
conferences-all = All
conferences-attention = Needs attention
conferences-running = On now
conferences-upcoming = Upcoming
conferences-ended = Over
conferences-cancelled = Cancelled
conferences-missing = { $n } missing
conferences-shown = { $n ->
    [one] One conference
   *[other] { $n } conferences
}
conferences-none = No classes yet
conferences-none-text = When a class is scheduled that you may see, it appears here.
conferences-none-fit = Nothing fits these filters
conferences-none-fit-text = Take a filter away, or write fewer letters.
not-published-long = Not published: learners do not see it
recording-not-switched-on = Recording not on

## New and edit conference

form-lead = One Teams meeting is made for each time slot. Every one is recorded; there is no switch to forget.
form-published = Who sees it
form-recording = Recording
form-recording-on = Always on
form-recording-why = Every class is recorded. Only an exception that two people approve switches it off.
form-preview = What will be made, and what people are told
slots-title = When
slot-n = Time slot { $n }
slot-date = Date
slot-start = Starts
slot-end = Ends
slot-add = Add a time slot
slot-cancel = Cancel this class
plan-title = What will be made
plan-show = Show what will be made
notice-title = What people are told
notice-where = Stands in every invitation and on the class page.
edit-conference = Edit conference
form-title-hint = Learners see it. Each meeting in Teams is called “title - date time”.
form-course = Course
form-choose-course = Choose a course
form-not-your-course = You cannot schedule in this course. Choose one that you teach.
form-no-course = Classes are scheduled by instructors of a course and by administrators. You teach no course at present.
form-description = Description (not needed)
form-zone = Time zone
form-zone-now = { $zone } (now UTC{ $offset })
form-weeks = How many weeks in a row
form-weeks-hint = Each time slot is repeated at the same time of day. 1 for once.
form-weeks-wrong = Write a number of weeks from 1 to { $most }.
form-in-week = In week { $n }: { $words }
form-overlap = This time slot overlaps another one.
form-published-yes = Learners of the course, from now on
form-published-no = Only instructors, until it is published
form-save = Save changes
form-schedule = Schedule
form-schedule-n = { $n ->
    [one] Schedule one class
   *[other] Schedule { $n } classes
}
form-cancelled = This conference was cancelled. Schedule a new one instead.
slot-recorded = Held and recorded; its time cannot change.
slot-not-held = Over and not held; its time cannot change.
slot-begun = It has begun; its time cannot change.
plan-sum = { $n ->
    [0] No class
    [one] One class, in the time of { $zone }
   *[other] { $n } classes, in the time of { $zone }
}
plan-mend = What will be made shows here once every time slot is right.
plan-more = and { $n } more
plan-cancelled = Cancelled:
plan-clash = You also teach { $title } until { $until }

## Cancelling

cancel-classes = Cancel classes
cancel-effects = What this does
cancel-keep = Keep them
cancel-heading = { $n ->
    [one] Cancel this class?
   *[other] Cancel { $n } classes?
}
cancel-confirm = { $n ->
    [one] Cancel one class
   *[other] Cancel { $n } classes
}
cancel-effect-teams = { $n ->
    [one] Its Teams meeting is removed from the calendar.
   *[other] Their Teams meetings are removed from the calendar.
}
cancel-effect-told = { $n ->
    [one] Its Teams meeting is removed from the calendar, and { $names } are told by Outlook.
   *[other] Their Teams meetings are removed from the calendar, and { $names } are told by Outlook.
}
cancel-effect-kept = { $n ->
    [one] One class has begun or is over: it stays, with all that was recorded.
   *[other] { $n } classes have begun or are over: they stay, with all that was recorded.
}
cancel-effect-ledger = The ledger says that they were cancelled, by whom and why.
cancel-effect-final = This cannot be undone. A class that takes place after all is scheduled anew.
cancel-class = Cancel this class
cancel-class-done = This class was cancelled already.
cancel-class-too-late = This class has begun or is over, so it cannot be cancelled any more.
cancel-done = This conference was cancelled already.
cancel-too-late = Every class of this conference has begun or is over; there is nothing left to cancel.
cancel-reason-hint = Not needed. It is kept in the audit.
cancel-reason-long = Use at most { $n } characters.

## Joining

join-wait = The Teams meeting is being made
join-wait-text = This page goes on by itself as soon as the link is here. It usually takes less than a minute.
join-cancelled = This class was cancelled
join-cancelled-text = It does not take place, so there is nothing to join.
join-over = This class is over
join-over-text = No Teams meeting is known for it.

## Class page

sync-data = Sync Data
syncing = Asking Microsoft for recordings, transcripts, attendance, chat and files. You can stay or leave; it goes on.
sync-failed = Sync Data could not be started. Load the page again, then try once more.
more-actions = More actions
more-actions-for = More actions for { $title }
publish = Publish to learners
unpublish = Hide from learners
what-happened = What happened
class-aside = About this class
last-sync = Last Sync Data
who-sees = Who sees it
open-in-onedrive = Open in OneDrive
hide-from-learners = Hide from learners
show-to-learners = Show to learners
hidden-from-learners = Hidden from learners
hide-sure = Hide “{ $title }” from learners?
hide-effect = Learners no longer see it, and whoever is watching is stopped at the next piece. Staff still see it. You can show it again at any time; both are kept in the audit.
hide-reason-hint = Staff and officers see the reason, learners do not.
file-not-here = Not here yet
to-class-page = To the class page

tab-overview = Overview
tab-recordings = Recordings
tab-attendance = Attendance
tab-chat = Chat
tab-files = Files
class-lead = In Microsoft Teams
class-lead-series = { $n } classes in Microsoft Teams
class-lead-names = { $names }, in Microsoft Teams
class-lead-names-series = { $names }, { $n } classes in Microsoft Teams
no-class = No class is planned
no-class-text = This conference has no time slot. Edit it to add one.
syncing-since = Sync Data is under way, started { $since }.
join-now = On now: { $span }
times-in = Times in { $zone }
left-out = Teams did not take everybody in: { $names }
left-out-text = They are in the course here, but Microsoft 365 does not know these addresses. They can join from this page; presenting or recording they may not.
enable-detail = Microsoft’s answer: { $detail }
someone = Someone we could not identify

## The three answers of a class

answer-will = Will it be recorded?
answer-is = Is it being recorded?
answer-was = Was it recorded?
answer-where-will = Where will the recording be?
answer-where-is = Where is the recording?
answer-missing = What is missing, and who acts?
how-we-know = How we know
will-enabled = Yes, by itself
will-enabled-detail = Read back from Teams { $when }.
will-pending = It is being switched on
will-pending-detail = OnRecord does that by itself, usually within a minute, and reads it back.
will-failed = Not by itself yet
will-failed-detail = OnRecord tries again until the class starts.
will-failed-learner = The people who run this class have been told.
recorded-yes = Yes
recorded-parts = Yes, in { $n } parts
recorded-covers = { $covered } of a call of { $call }.
recorded-length = { $covered } long.
recorded-gaps = Between the parts, { $gaps } are not recorded.
recorded-waiting = We do not know yet
recorded-waiting-detail = The class ended { $ended }. Recordings usually appear within an hour after class.
recorded-not-held = No: the class was not held
recorded-cancelled = No: the class was cancelled
recorded-exempted = No: it was not to be recorded
recorded-in-part = Only in part
recorded-no = No
recorded-no-learner = There is no recording of this class. The people who run it see why.
where-this-page = On this page
where-usually = Usually within an hour after class.
where-both = Here, with a verified copy in the archive
where-both-expiry = Microsoft’s own copy is expected to expire about { $date }. Ours stays.
where-archive = Here, in the archive
where-microsoft = Here, in Microsoft 365
where-microsoft-expiry = It is expected to expire there about { $date }. OnRecord copies it before that.
where-all-parts = All parts
where-gone = Nowhere any more
where-gone-text = Microsoft no longer has it, and there was no copy yet.
kind-removed = Removed
kind-removed-text = The school removed this on { $date }. { $why }
where-none = Nowhere: there is none
where-removed = No longer among the recordings
where-removed-text = The Recordings tab says when it was removed, and under which rule.
lacks-nothing = Nothing
lacks-failed = { $kinds } could not be read
lacks-waiting = Not there yet: { $kinds }
lacks-recording = The recording. Nobody need act yet
lacks-recording-detail = OnRecord looks again by itself.
nobody-need-act = Nobody need act.
acts-admin = Your OnRecord administrator acts
acts-instructor = You, who teach this class, act
acts-nobody = Nobody need act yet
acts-overseer = An officer or your OnRecord administrator acts

## Why a recording is missing

missing-permission = Recording could not be switched on: a permission or the application access policy was missing.
missing-permission-fix = An administrator opens Manage, Microsoft Teams, and follows the findings.
missing-licence = Recording could not be switched on: the organizer has no licence for Teams or no mailbox.
missing-licence-fix = An administrator assigns the licence to the organizer.
missing-switched-off = Recording was switched off in the meeting options of Teams and could not be switched on again.
missing-switched-off-fix = Leave recording on in the meeting options. The audit says when it was found switched off.
missing-policy-off = Recording was on and someone who may record was there, but Teams began none: most likely a Teams meeting policy forbids it.
missing-policy-off-fix = An administrator checks that the meeting policies of the organizer and of whoever teaches allow cloud recording.
missing-nobody = Only people came who may not record, so Teams began none.
missing-nobody-fix = Join with your school account: whoever teaches is a presenter and may record.
missing-expired = There was a recording; it expired at Microsoft before it was copied.
missing-expired-fix = An administrator looks into the recycle bin of the organizer’s OneDrive within 93 days, and lets recordings be copied earlier.
missing-organizer = The organizer of the meeting is no longer in the directory.
missing-organizer-fix = An administrator restores the account within 30 days of its deletion, or reads its OneDrive before that is deleted too.
missing-never = Teams recorded, but Microsoft offers no recording.
missing-never-fix = An administrator looks into the meeting’s chat and the organizer’s OneDrive, then opens a case with Microsoft.
missing-no-meeting = The Teams meeting of this class could not be made.
missing-no-meeting-fix = An administrator opens Manage, Microsoft Teams, and follows the findings.
missing-not-enabled = Recording could not be switched on before the class, and nobody pressed Record.
missing-not-enabled-fix = An administrator opens Manage, Microsoft Teams, and follows the findings, so that the next class is recorded.
missing-not-recorded = Recording was on and the class was held, but Teams made no recording.
missing-not-recorded-fix = Ask whoever taught whether it was stopped, and your administrator whether the Teams meeting policy allows cloud recording.
missing-failed = Teams reported that the recording failed.
missing-failed-fix = Look into the meeting’s chat in Teams for a temporary copy within 21 days. An administrator checks the organizer’s OneDrive.
missing-storage = Storage full: the organizer’s OneDrive took no recording.
missing-storage-fix = An administrator frees space or buys more. Look into the meeting’s chat in Teams for a temporary copy within 21 days.
missing-stopped = The recording covers less than half of the call.
missing-stopped-fix = Ask whoever taught whether it was stopped. What there is can be watched.
missing-inbox = A file that may be it waits in the inbox.
missing-inbox-fix = An administrator opens the inbox and assigns it.
missing-lost = There was a recording, and Microsoft no longer has it.
missing-lost-fix = An administrator looks into the recycle bin of the organizer’s OneDrive within 93 days.
missing-cannot-read = OnRecord could not read recordings at Microsoft.
missing-cannot-read-fix = An administrator opens Manage, Microsoft Teams, and follows the findings; then press Sync Data.
missing-cannot-tell = Neither attendance nor chat could be read, so nobody can say whether the class was held.
missing-cannot-tell-fix = An administrator allows one of them, or assigns the recording by hand.

## Causes, owners and evidence in few words

cause-no-meeting = No Teams meeting
cause-permission = Permission missing
cause-licence = Licence missing
cause-switched-off = Switched off in Teams
cause-not-enabled = Could not be switched on
cause-policy-off = Meeting policy
cause-nobody = Nobody who may record came
cause-not-recorded = Not recorded
cause-failed = Recording failed
cause-storage = Storage full
cause-stopped = Stopped early
cause-inbox = Waits in the inbox
cause-expired = Expired
cause-lost = Lost
cause-organizer = Organizer gone
cause-never = Never offered
cause-cannot-read = Cannot be read
cause-cannot-tell = Cannot tell
owner-instructor = Instructors
owner-admin = Administrators
basis-proved = Proved by what Microsoft answered.
basis-inferred = Inferred: other reasons look the same from outside.
fact-cancelled = the class was cancelled
fact-no-meeting = there was no Teams meeting
fact-switched-on = recording was read back as switched on
fact-not-switched-on = recording could not be switched on
fact-call-attendance = attendance shows people in the call
fact-call-chat = the chat tells of a call
fact-no-call = attendance or chat was read after the end and shows no call
fact-no-source = neither attendance nor chat could be read after the end
fact-somebody = someone came whose role lets them record
fact-nobody = everyone who came had a role that does not let them record
fact-began = the chat tells that a recording began
fact-saved = the chat tells that a recording was saved
fact-failed = the chat tells that a recording failed
fact-never-began = the chat tells of no recording
fact-chat-not-read = the chat could not be read after the end
fact-said-yes = whoever taught saw Teams recording
fact-said-no = whoever taught saw that Teams was not recording
fact-storage = the organizer’s OneDrive was full
fact-organizer = the organizer is no longer in the directory
fact-recordings-not-read = recordings could not be read
fact-covered = what was recorded covers at least half of the call
fact-covered-in-part = what was recorded covers less than half of the call
fact-file-gone = a recording is gone at Microsoft, and there was no copy
fact-inbox = a file of that time waits in the inbox

## Ledger

ledger-title = Ledger
ledger-lead = Every class that was scheduled, and what became of it. What is missing has a cause, what mends it, and someone who acts.
ledger-export = Export CSV
ledger-filter = Filter classes
ledger-caption = Classes, the latest first
ledger-class = Class
ledger-verdict = Verdict
ledger-cause = Cause
ledger-mends = What mends it
ledger-owner = Who acts
ledger-term = Term
ledger-any = Any
ledger-all = All
ledger-only-course = Only { $course }.
ledger-all-courses = All courses
ledger-empty = No class fits
ledger-empty-text = Widen the dates, or take another verdict.
ledger-shown = { $n ->
    [one] One class
   *[other] { $n } classes
  }

## A class that is on

live-press-record = Not being recorded: press Record now
live-never-begun = The class is on in Teams, and no recording has begun.
live-stopped = The recording ended, and the class goes on.
live-failed = The recording failed, and the class goes on.
live-said = Whoever teaches says that Teams is not recording.
live-since = Known since { $since }.
live-press-record-fix = In the Teams meeting: More, Record and transcribe, Start recording. Organizers and presenters may press it; the instructors of this course are presenters.
live-not-being-recorded = No, not at present
live-not-recorded-learner = This class is not being recorded at present
live-not-recorded-learner-text = Whoever teaches it has been told.
live-confirm = We cannot see whether this class is being recorded
live-confirm-text = OnRecord cannot read the chat of this meeting, so whoever teaches is asked.
live-ask = Is Teams recording?
live-ask-text = Teams shows a red mark at the top of the meeting while it records.
live-yes = Yes, it is recording
live-no = No
live-expiring = Microsoft is expected to delete the recording within { $days } days
live-expiring-text = There is no verified copy of it yet.
live-expiring-fix = Copy it into the archive: “Copy into the archive” in the recording’s menu. If that fails, an administrator finds why under Manage, Monitor.
live-no-room = There is no room for the recording of this class
live-no-room-text = Storage full: the OneDrive of { $account } has too little room left.
live-no-room-fix = An administrator gives the account more room, or moves its classes to another one under Manage, Storage.
live-not-off = This class will be recorded although an approved exception covers it
live-not-off-fix = Recording could not be switched off in Teams. OnRecord tries again until the class begins. Whoever organizes the meeting can switch “Record and transcribe automatically” off in its options in Teams; an administrator opens Manage, Microsoft Teams, and follows the findings.
live-not-checked = Nobody could read whether recording is still on
live-not-checked-text = It was on when it was last read. OnRecord tries again until the class begins.
live-not-checked-fix = An administrator opens Manage, Microsoft Teams, and follows the findings.

## What happened with a class

step-scheduled = Scheduled
step-taken-over = Taken over into OnRecord
step-scheduled-by = Scheduled by { $name }
step-enabled = Recording switched on, and read back
step-enabled-detail = Checked again 24 h, 1 h and 10 min before class.
step-pending = Recording is being switched on
step-drift-found = Found switched off in Teams
step-drift-repaired = Recording switched on again, and read back
step-alert-not-enabled = Told instructor and administrators: recording is not on
step-alert-not-off = Told instructor and administrators: recording is not off although an exception covers the class
step-alert-not-checked = Told administrators: nobody could read whether recording is on
step-alert-not-recording = Told instructor and administrators: not being recorded
step-alert-confirm = Asked whoever teaches whether Teams is recording
step-alert-expiring = Told instructor and administrators: Microsoft will delete the recording, and there is no verified copy
step-alert-no-room = Told administrators: the OneDrive has no room for the recording
step-alert-until = Over at { $when }.
step-said-yes = { $name } saw Teams recording
step-said-no = { $name } saw that Teams was not recording
step-rests-on = What this verdict rests on
step-checks = OnRecord reads again whether recording is on
step-watches = OnRecord looks again whether it is being recorded
step-held = Class held
step-begun = Class begun
step-running = Class is on
step-over = Class over
step-found = { $n ->
    [one] Recording found
   *[other] { $n } recordings found
}
step-found-after = { $time } after class.
step-recorded = Recorded and verified
step-copied = Copied to the archive and compared
step-unread = { $kind } could not be read
step-class = Class
step-arrives = Recording arrives
step-looks = OnRecord looks again
step-expires = Microsoft’s copy expires, we expect
step-expires-kept = Nothing is lost then.
step-expires-copied = OnRecord copies it before that.

## Parts of a class, and how reading them went

kind-transcripts = Transcripts
kind-done = Done, { $n }
kind-failed = Failed.
kind-failed-unknown = The log says why.
kind-failed-learner = It may be incomplete.
kind-failed-rest = Everything else is here and can be used.
kind-waiting = Not there yet
kind-waiting-text = Microsoft usually offers it within an hour after class. OnRecord looks by itself.
kind-not-read = Not read yet
kind-off = Off for this course
kind-off-text = Your school does not bring this out of Microsoft Teams.
kind-ahead = Nothing to see yet
kind-ahead-text = It appears here by itself after class.
kind-cancelled-text = So there is nothing here.
kind-not-held-text = Microsoft Teams shows no call for it, so there is nothing here.
sync-done = all done
sync-partly = partly done: { $done } of { $all }
seen-by-learners = { $n ->
    [one] One learner of the course: recordings and transcript.
   *[other] { $n } learners of the course: recordings and transcript.
}
seen-by-staff = Not published: only the staff of the course.
seen-by-staff-rest = Chat, files and the attendance of others: instructors only.
seen-by-chat = The chat too. Files and the attendance of others: instructors only.
seen-by-files = Files too. Chat and the attendance of others: instructors only.
seen-by-chat-files = Chat and files too. The attendance of others: instructors only.
attendance-heading = Attendance of { $class }
attendance-own-heading = Your attendance of { $class }
attendance-sum = { $n ->
    [one] One person, { $middle }
   *[other] { $n } people, half of them there for { $middle } or longer
}
attendance-times = came { $n } times
attendance-unknown = Not matched to a person
attendance-none = Nobody is on Microsoft’s list
attendance-none-text = Teams counts people who joined the call. It shows nobody for this class.
attendance-not-you = You are not on Microsoft’s list
attendance-not-you-text = Teams counts people who joined the call with their school account. If you were there, tell your instructor.
chat-heading = Chat of { $class }
chat-sum = { $n ->
    [one] One message
   *[other] { $n } messages
}
chat-none = Nobody wrote anything
chat-none-text = The chat of this class is empty.
files-heading = Files of { $class }
files-sum = { $n ->
    [one] One file
   *[other] { $n } files
}
files-in-chat = In the chat
files-none = No files were shared
files-none-text = Files that are shared in the chat of a class appear here.

## Player

player-label = Video
player-controls = More controls
player-no-video = This browser cannot play the recording.
player-back = Back 10 seconds (j)
player-forward = Forward 10 seconds (l)
player-who-saw = Who saw this
player-speed = Speed
player-link = Link to this moment
player-keys = Keyboard shortcuts
player-resume = Carrying on from
player-from-start = From the start
key-play = Play or pause
key-seek = 10 seconds back, forward
key-speed = Slower, faster
key-captions = Captions on or off
key-full = Full screen
key-mute = Sound on or off
key-search = Search in the transcript
transcript = Transcript
transcript-text = What was said
transcript-search = Search in the transcript
transcript-found = { "{n}" } places
transcript-found-none = Not found in this transcript
transcript-first = Go to the first
transcript-previous = Previous
transcript-next = Next
save-as = Save as

player-captions = Captions
player-parts = Parts of this class
transcript-none = No transcript yet
transcript-none-text = Microsoft usually offers it some minutes after the recording. OnRecord looks for a day.
download-size = Download, { $size }
download-of = Download { $title }, { $size }

## Recordings tab

recordings-heading = Recordings of { $class }
recording-one = Recording
recording-false-start = False start
recording-gap = Not recorded: { $span } ({ $length })
recording-part = Part { $n }
recording-parts = { $n } parts
recording-until = to { $time }
recording-last-downloaded = last downloaded { $when }
archive-now = Copy into the archive
expiry-estimate = Microsoft is expected to delete its copy on { $date }, { $days ->
    [0] today
    [one] in one day
   *[other] in { $days } days
} (estimate)
expiry-set = Microsoft deletes its copy on { $date }, { $days ->
    [0] today
    [one] in one day
   *[other] in { $days } days
}
expiry-never = Microsoft keeps its copy
expiry-unknown = It is not known when Microsoft deletes its copy
expiry-correct = Correct when Microsoft deletes it
expiry-when = When does Microsoft delete “{ $title }”?
expiry-effect = OnRecord estimates this from the creation of the file and the number of days that the meeting policy says, because no program can read it. The file’s own page in OneDrive shows the day.
expiry-day = Expiration date
expiry-day-hint = Leave it empty if Microsoft keeps the file.
not-known-yet = not known yet
kept-archive = Archive, verified
kept-onedrive = OneDrive
kept-teams = Teams
kept-by-hand = Brought by hand
recording-brought = brought by hand: { $reason }
by-hand = Held elsewhere? Bring the recording
by-hand-lead = For a class that Teams did not record, such as one held in Zoom. It counts apart from what Teams recorded, and who brought it and why is kept in the audit.
by-hand-link = Link of the recording in OneDrive
by-hand-link-hint = In OneDrive choose Copy link. OnRecord copies the file into the archive.
by-hand-attach = Attach the link
by-hand-file = MP4 file
by-hand-upload = Upload the file
kind-no-longer = No longer offered by Microsoft
kind-no-longer-text = Teams forgets a meeting about 60 days after it was last used. Only the file of the recording outlives that.
by-hand-reason = Why it is brought by hand
without-file = No OneDrive holds this recording
without-file-text = Teams keeps it until about { $until } and then deletes it. OnRecord is taking it into the archive now.
kept-damaged = Archive copy damaged
kept-gone = No longer at Microsoft
kept-bin = In the bin
hidden-because = Reason: { $reason }
hidden-until-decided = It is not certain that it belongs to this class. An administrator decides in the inbox.
recordings-upcoming = Nothing to see yet
recordings-upcoming-text = The class begins { $when }. It is recorded, and the recording appears here by itself, usually within an hour after the end.
recordings-running = The class is on
recordings-running-text = The recording appears here by itself, usually within an hour after the end.
recordings-waiting = The recording is on its way
recordings-waiting-text = The class ended { $ended }. Recordings are usually here within an hour after class, by { $usually }.
recordings-cancelled = This class was cancelled
recordings-cancelled-text = So there is no recording.
recordings-not-held = This class was not held
recordings-not-held-text = Microsoft Teams shows no call for it, so there is no recording.
recordings-not-shown = The recording is not shown
recordings-not-shown-text = This class was recorded. The recording is not shown at present, or was removed by the school.
recordings-exempted = This class was not to be recorded
recordings-exempted-text = An approved exception was in force.
recording-looks-next = OnRecord looks again { $when }; this page shows it by itself.
recording-looks-soon = OnRecord goes on looking.
recording-looks-until = It looks until { $until }.
recording-looked = OnRecord no longer looks by itself; Sync Data looks once more.

## Messages that users know: the words in quotes of the manual, never changed

enable-failed = Failed to enable auto-recording
recording-not-found = Recording not found
download-failed = Download failed
storage-full = Storage full
enable-press-record = The class takes place all the same. OnRecord tries again until it starts. To be safe, press Record yourself when you join: instructors of the course may, learners may not.
enable-permission = Microsoft 365 has not given OnRecord the permission to change online meetings.
enable-permission-fix = A Microsoft 365 administrator grants OnlineMeetings.ReadWrite.All in Entra (App registrations, OnRecord, API permissions, Grant admin consent).
enable-access-policy = Teams does not let OnRecord act for the account that organizes this meeting: the application access policy is missing.
enable-access-policy-fix = A Teams administrator grants the policy in PowerShell; the exact command is on the page Manage, Microsoft Teams. It takes effect within 30 minutes.
enable-license = The account that organizes this meeting has no licence that allows recording.
enable-license-fix = A Microsoft 365 administrator assigns a licence with Teams and OneDrive to the service account.
enable-not-found = The Teams meeting of this class cannot be found. Someone may have deleted it in Outlook or Teams.
enable-not-found-fix = Cancel this class and schedule it again, or ask your OnRecord administrator to look for the meeting.
enable-provider = Microsoft 365 answered with a fault of its own.
enable-throttled = Microsoft 365 is asking us to slow down.
enable-network = Microsoft 365 could not be reached.
enable-retry-fix = Nobody need act: OnRecord tries again by itself. If it lasts until the class starts, press Record yourself.
enable-drift = Recording was switched off in Teams after OnRecord had switched it on.
enable-drift-fix = OnRecord switches it on again. Please leave the meeting option “Record and transcribe automatically” on.
enable-unknown = Microsoft 365 gave an answer that OnRecord does not know.
enable-unknown-fix = Your OnRecord administrator finds it in the log under “Failed to enable auto-recording”.
recording-not-found-why = Microsoft shows no recording for this class yet. They usually appear within an hour after the class, sometimes later.
download-failed-why = Microsoft’s copy cannot be read at present, and there is no copy in the archive yet.
download-failed-fix = Wait a minute and try again; a download that broke off goes on where it stopped. If it stays so, tell your instructor.
storage-full-why = The OneDrive of { $account } is full. New recordings cannot be kept there and may be lost.
storage-full-fix = A Microsoft 365 administrator gives the account more room, or adds a second service account on the page Manage, Microsoft Teams.

## Settings: Microsoft Teams

teams-over = Integrations
teams-title = Microsoft Teams
teams-aside = Notifications and room
verify = Verify
findings-title = What was found
finding-fix = What mends it
connection-title = Connection
accounts-advice = Use licensed accounts made for this purpose, never a person’s own: whoever leaves would take the recordings along. Shared mailboxes cannot organize meetings that are recorded.
kinds-title = What is fetched besides recordings
save-and-verify = Save and verify
in-order-n = { $n ->
    [one] One check in order
   *[other] { $n } checks in order
}
room-title = Room in OneDrive
notice-settings-title = Recording notice
notice-settings-lead = Stands in every invitation and on every class page. Changing it makes a new version; who was told what stays on record.
notice-basis = Lawful basis
notice-preview = What people will read
save-notice = Save notice
teams-unverified = Not verified yet. Until the connection works, classes can be planned, but Teams does not know of them.
teams-unverified-title = Nothing has been checked yet
teams-unverified-text = Fill in the connection below, then save and verify.
teams-well = Connected. Classes are being recorded.
teams-well-title = Everything is in order
teams-well-so-far = Nothing was found to be wrong
teams-well-asked = What no program can read, the Teams meeting policies, is asked below and waits for your answer.
teams-well-text = Whatever stops working is named here, with what mends it.
teams-warned = { $n ->
    [one] Connected. One thing needs looking after.
   *[other] Connected. { $n } things need looking after.
}
teams-broken = { $n ->
    [one] One thing does not work.
   *[other] { $n } things do not work.
}
teams-checked = Checked { $when }, { $good } of { $all } in order
policies-title = Teams meeting policies
policies-lead = Microsoft does not let programs read these policies, so please look in PowerShell. Your answer is kept with your name and the date, and asked again after a year.
policy-recording = The service accounts may record and transcribe
policy-instructors = Instructors may record
policy-attendance = Attendance reports are allowed
policy-expiry = Recordings live 120 days or longer
policy-unanswered = Please confirm
policy-if-not = If not: { $lost }
policy-look = The command to look with
policy-yes = Yes, it is so
policy-no = No
policy-yes-by = Yes, said { $name } on { $when }
policy-no-by = No, said { $name } on { $when }
policy-operator = the operator
rehearsal-title = Rehearsal
rehearsal-lead = Makes a small test meeting in the calendar of a service account, goes the five steps of every class, and removes it again. Nobody is invited.
rehearse = Rehearse
rehearsal-never = Not rehearsed yet.
rehearsal-running = A rehearsal is under way.
rehearsal-well = Rehearsed { $when }: a class can be scheduled and recorded. The test meeting is removed.
rehearsal-failed = Rehearsed { $when }: it did not come to its end. The test meeting is removed; press Verify for what mends it.
rehearsal-left = The test meeting could not be removed yet: { $error } It is tried again in some minutes.
rehearsal-create = Make the event
rehearsal-join-url = Get the Teams link
rehearsal-lookup = Find the meeting by its link
rehearsal-patch = Switch recording on
rehearsal-read-back = Read it back
rehearsal-step-running = Under way
rehearsal-step-next = Comes next
rehearsal-step-left-out = Not tried
severity-error = Does not work
severity-warning = Soon
severity-info = For your information
finding-harmed = Harmed
finding-classes = { $n ->
    [one] One class
   *[other] { $n } classes
}
finding-since = Found
finding-last-good = Last well
finding-never = Never seen
finding-command = PowerShell command
finding-link = Open at Microsoft
tenant-id = Directory (tenant) id
tenant-id-hint = Of the app registration in Entra, on its overview page.
client-id = Application (client) id
client-id-hint = On the same page.
client-secret = New client secret
client-certificate = Or a new certificate with its key (PEM)
certificate-kept = { $thumbprint } signs in, good until { $until }. Leave empty to keep it. The key is sealed and never shown again.
certificate-none = “onrecord certificate create” makes one. It takes the client secret’s place. The key is sealed and never shown again.
news-title = Word from Microsoft
news-line = Change notifications
news-off = Switched off (ONRECORD_NOTIFICATIONS). OnRecord looks for what is new from time to time; nothing is lost.
news-unreachable = Microsoft cannot reach this address, so OnRecord looks for what is new from time to time; nothing is lost. With an https address that the internet reaches (ONRECORD_PUBLIC_URL or ONRECORD_NOTIFICATION_URL) it would be told at once.
news-none = Nothing to be told of yet: there is no organizer.
news-sum = { $live } of { $wanted } subscriptions are live.
news-heard = Last heard { $ago }.
news-trouble = Not told of
secret-kept = One is saved. Leave empty to keep it. It is sealed and never shown again.
secret-none = Its value, not its id. It is sealed and never shown again.
service-accounts = Service accounts
service-accounts-hint = One address a line. All meetings belong to them.
fetch-transcripts = Transcripts
fetch-attendance = Attendance
fetch-chat = Chat
fetch-files = Shared files
room-used = { $percent } %: { $used } of { $total }
room-next = New classes go to the account with the fewest classes this month.
basis-consent = Consent
basis-public-task = Public task
basis-legitimate-interest = Legitimate interest
basis-legal-obligation = Legal obligation
notice-contact = Whom to ask
notice-storage = Where recordings are stored
notice-storage-hint = Completes “The recording is stored in …”. Leave empty for the school’s Microsoft 365.
notice-kept = How long they are kept
notice-kept-hint = Completes “It is kept …”.
notice-wording = Other wording
notice-wording-hint = Leave empty for the wording below.
notice-since = In force since { $when }
probe-database = Database
probe-archive = Archive
probe-sign-in = Sign-in
probe-tenant = Tenant
probe-permission = Permission
probe-graph = Microsoft Graph
probe-account = Service account
probe-licence = Licence
probe-mailbox = Mailbox
probe-onedrive = OneDrive
probe-access-policy = Access policy
probe-clock = Clock
probe-credential = Secret or certificate
probe-notifications = Notifications
probe-policy = Meeting policy
probe-recordings = Recordings
probe-worker = Work
probe-throttling = Pace
probe-people = People
probe-meetings = Meetings
probe-other = Looked at

## Recording notice

notice-recorded = This class is recorded and transcribed.
notice-consent = By joining, you consent to being recorded.
notice-public-task = The school records its classes as part of its public task.
notice-legitimate-interest = The school has a legitimate interest in it: whoever could not be there can catch up.
notice-legal-obligation = The law obliges the school to record its classes.
notice-body = The recording is stored in { $storage }. { $viewers } may watch it. It is kept { $kept }.
notice-questions = Questions about the recording? Ask { $contact }.
notice-usual-storage = the school's Microsoft 365
notice-usual-viewers = the people of this course
notice-usual-kept = as long as the school's retention policy says
notice-usual-contact = your instructor

## People

users-title = People
users-search = Find people
users-lead = { $people ->
    [one] { $people } person
   *[other] { $people } people
}, { $admins ->
    [one] { $admins } administrator
   *[other] { $admins } administrators
}, { $officers ->
    [one] { $officers } officer
   *[other] { $officers } officers
}
users-empty = Nobody found
users-empty-text = Try part of a name or address.
users-shown = { $n ->
    [one] { $n } person
   *[other] { $n } people
}
user-state-active = Active
user-state-disabled = Disabled
user-state-no-password = No password yet
user-disabled = Disabled. Their sessions and tokens have ended.
user-enabled = Enabled again
user-role-changed = The role was changed
link-label = One-time link
link-until = It is good until { $date }.
invite-hint = You get a link to pass on. It works once, for seven days.
invite-make = Make an invitation
invited-title = { $name } can now set a password
invited-once = Pass this link on. It is shown once and works once.
new-link = New link
disable-sure = Disable { $name }? Their sessions and tokens end at once. Nothing is deleted; you can enable them again.

## Your account

appearance = Appearance
password-change = Change password
password-change-effect = Your other sessions end; this one stays.
tokens-lead = A token lets a script or another system act in your name, with your rights and no more. Treat it as a password.
appearance-saved = Appearance saved
present-password = Present password
password-saved = Password changed. Your other sessions have ended.
theme-device = As the device
theme-light = Light
theme-dark = Dark
theme-contrast = High contrast
tokens-empty = No token yet
tokens-empty-text = Make one when a script or another system needs it.
token-good = Good
token-over = Over
token-label = Token
token-name-hint = What it is for.
token-days = Days it is good
token-revoked = Token revoked
scope-read = Read
scope-write = Read and change
scope-admin = Everything you may do
token-new = New token
token-make = Create token
token-created = Token created
token-once = Copy it now. It is shown once and never again.
token-revoke-sure = Revoke “{ $name }”? Whatever uses it stops working at once.

## Monitor

monitor-health = Health
monitor-stored = Where recordings are kept
monitor-statuses = Meetings by recording status
monitor-recordings = Recordings by recording status of their meeting
monitor-verdicts = Classes by verdict
monitor-at = As of { $time }
monitor-late = Work is waiting and nobody does it
monitor-late-text = The oldest piece was due { $ago }.
monitor-late-fix = Whoever runs OnRecord starts “onrecord serve” or “onrecord worker” and looks into its log.
monitor-unsealed = The audit is not being sealed
monitor-unsealed-text = The oldest entry without a seal was written { $ago }.
monitor-changes-failing = { $n ->
    [one] The changes of one OneDrive or organizer cannot be read
   *[other] The changes of { $n } OneDrives or organizers cannot be read
}
monitor-changes-fix = An administrator opens Manage, Microsoft Teams, presses Save and verify, and mends what is found.
monitor-never = never
monitor-verified = Connected and verified
monitor-not-verified = Not verified
monitor-database = Database
monitor-answers = { $what } answers
monitor-work = Work
monitor-work-sum = { $waiting } waiting, { $dead } given up
monitor-last = Last: { $ago }
monitor-changes = Changes at Microsoft
monitor-unsealed-count = { $n ->
    [0] Every entry is sealed
    [one] One entry waits for its seal
   *[other] { $n } entries wait for their seal
}
status-enabled = Recording is on
status-pending = Not concluded yet
stored-onedrive = In OneDrive
stored-not-onedrive = Not yet or no longer in OneDrive
job-provision = Make a Teams meeting
job-update = Tell Teams of a change
job-verify = Read again whether recording is on
job-watch = Look whether a class is being recorded
job-copy = Copy a recording into the archive
job-sync = Fetch what a class left behind
job-delta = Read changes at Microsoft
job-roster = Change invitations
job-rehearse = Rehearse with a test meeting
job-withdraw = Cancel the former event of a class that moved
job-mail = Send mail
job-duty = Recurring duty
monitor-drift = Recording switched off before class
monitor-drift-sum = { $n ->
    [0] Never so far
    [one] Put back once, { $lately } of it in the last seven days
   *[other] Put back { $n } times, { $lately } of them in the last seven days
  }
monitor-jobs = Work to be done
monitor-no-jobs = Nothing is waiting.
monitor-dead = Given up
monitor-dead-lead = Tried until there was no point in trying on. Mend the cause, then try again.

## Storage

storage-lead = The drives that receive recordings, the archive that keeps them, and what Microsoft will delete.
storage-drives = Drives of the service accounts
storage-no-drives = There is no service account yet.
storage-not-read = Not read yet
storage-growth = Grows by about { $size } a day.
storage-growth-none = Does not grow.
storage-growth-unknown = How it grows, and when it will be full, is known after some days.
storage-state-nearing = Microsoft says that it is nearing its limit.
storage-state-critical = Microsoft says that it is nearly full.
storage-state-exceeded = Microsoft says that it is full.
storage-planned = { $n ->
    [0] No class is planned in the next 30 days.
    [one] One class in the next 30 days, about { $size }.
   *[other] { $n } classes in the next 30 days, about { $size }.
}
storage-full-now = Storage full: it takes no new classes.
storage-full-on = Full on about { $date }.
storage-full-never = Not full within two years.
storage-disabled = This account takes no new classes.
storage-archive-title = Archive
storage-archive = { $n ->
    [one] One verified copy, { $size }.
   *[other] { $n } verified copies, { $size }.
}
storage-damaged = The archive copy of recording { $id } is damaged
storage-damaged-since = Found { $when }. It is not served.
storage-damaged-anew = Nobody need act: OnRecord copies it anew from Microsoft.
storage-damaged-lost = Microsoft has it no more. Restore the file from a backup of the archive, then run onrecord archive --verify.
storage-expiring = Not copied, and soon deleted by Microsoft
storage-expiring-none = Nothing: all that Microsoft will delete in the next 45 days has a verified copy.
storage-column-expires = Expires
storage-expires = { $date }, { $days ->
    [0] today
    [one] in one day
   *[other] in { $days } days
} (estimate)
storage-expiry-days = Days after which Microsoft deletes a new recording
storage-expiry-hint = As the Teams meeting policy of the service accounts says (NewMeetingRecordingExpirationDays): 120 by default, at most 30 with free A1 licences, 0 if it never does. What was estimated before stays.
storage-expiry-locked = { $by } sets the days after which Microsoft deletes a recording.
rehome = Move its future classes to other accounts
rehome-effect = Each class to come gets a new Teams meeting with another service account. Who was invited gets a new invitation and the cancellation of the old one; the link on the class page stays. Classes of the next half hour stay where they are.
rehome-do = Move all future classes

## Audit

audit-title = Audit
audit-lead = Every decision, change, export and visit. Entries are chained, so that a change to history shows.
audit-filter = Filter entries
audit-caption = Entries, newest first
audit-unsealed = not yet
audit-somebody = somebody
audit-sealed = { $count ->
    [one] One entry is sealed
   *[other] { $count } entries are sealed
  }
audit-sealed-text = Each entry carries a hash over itself and the entry before it. “onrecord audit verify” reads the whole chain and finds any change to it.
audit-everything = Everything
audit-visits = Watched, read or downloaded
audit-course = Course’s code
audit-only = Only { $name }.
audit-all = Show all entries
audit-export = Export
audit-who = Person’s e-mail
audit-from = From
audit-to = To
audit-empty = No entry
audit-empty-text = Nothing of this kind has happened, or not in this time.
audit-shown = { $count ->
    [one] One entry
   *[other] { $count } entries
  }
audit-person = Person { $id }

# One line per action: the key is its name with hyphens.
action-access-refused = Access refused
action-alert-raised = Alert raised
action-alert-resolved = Alert over
action-audit-cut = Beginning of the audit cut off
action-audit-exported = Audit exported
action-archive-verified = Archive verified
action-class-data-removed = Attendance or chat of a class removed
action-conference-cancelled = Conference cancelled
action-conference-changed = Conference changed
action-conference-scheduled = Conference scheduled
action-course-added = Course added
action-course-changed = Course changed
action-database-backed-up = Database backed up
action-database-backup-proved = Backup of the database is whole and on the disk
action-database-restored = Database put back from a backup
action-erasure-carried-out = Person erased
action-erasure-requested = Erasure of a person asked for
action-file-downloaded = File downloaded
action-hold-placed = Hold placed
action-hold-released = Hold released
action-import-applied = Import applied
action-inbox-assigned = Inbox: belongs to a class
action-inbox-dismissed = Inbox: belongs to no class
action-inbox-followed = Inbox: went with an earlier decision
action-inbox-refused = Inbox: likely class refused
action-inbox-undone = Inbox: decision taken back
action-integration-changed = Connection changed
action-integration-configured = Connection taken from the configuration
action-integration-expiry-days-changed = Days until Microsoft deletes recordings changed
action-integration-rehearsed = Rehearsal
action-integration-verified = Connection verified
action-job-retried = Work tried again
action-ledger-exported = Ledger exported
action-mail-choice-changed = Choice of mails changed
action-mail-dropped = Mail not sent after all
action-mail-sent = Mail sent
action-mail-tested = Test mail sent
action-meeting-cancelled = Class cancelled
action-meeting-former-withdrawn = Former meeting cancelled after the class moved
action-meeting-joined = Went to the class in Teams
action-meeting-rehomed = Class moved to another service account
action-meeting-verdict-changed = Verdict changed
action-notice-changed = Recording notice changed
action-notice-in-force = Recording notice in force
action-person-exported = Data of a person exported
action-policy-confirmed = Teams meeting policy confirmed
action-privacy-changed = How much is kept of who watches changed
action-recording-archive-asked = Copy into the archive asked for
action-recording-archived = Recording copied to the archive
action-recording-attached = Recording attached by hand
action-recording-binned = Recording put into the bin
action-recording-damaged = Copy in the archive found damaged
action-recording-disable-refused = Attempt to disable recording refused
action-recording-downloaded = Recording downloaded
action-recording-drift-found = Recording found switched off
action-recording-drift-repaired = Recording switched on again
action-recording-enable-failed = Recording could not be switched on
action-recording-enabled = Recording switched on, and read back
action-recording-expiry-corrected = Day on which Microsoft deletes a recording corrected
action-recording-hidden = Recording hidden from learners
action-recording-original-removed = Original removed from OneDrive after its copy was verified
action-recording-purged = Recording deleted for good
action-recording-reason-given = Reason for watching given
action-recording-restored = Recording taken out of the bin
action-recording-seen = Somebody said whether Teams is recording
action-recording-shown = Recording shown to learners again
action-recording-uploaded = Recording uploaded by hand
action-recording-watched = Recording watched
action-recording-without-file = Recording without a file found
action-retention-policy-changed = Retention policy changed
action-retention-policy-ended = Retention policy ended
action-retention-policy-written = Retention policy written
action-retention-run = Retention run
action-roster-changed = People of a course changed
action-token-created = API token created
action-token-revoked = API token revoked
action-transcript-read = Transcript read
action-user-added = Person added
action-user-changed = Person changed
action-user-disabled = Person disabled
action-user-enabled = Person enabled
action-user-link-made = One-time link made
action-user-password-set = Password set
action-user-sign-in-refused = Sign-in refused
action-user-signed-in = Signed in
action-user-signed-out = Signed out

## Inbox

inbox-lead = What Microsoft shows and no class claims with certainty. No learner sees it before you decide; what you decide is remembered.
inbox-belongs-to = Belongs to
inbox-it-is = It is { $class }
inbox-no-class-why = Why it is no class
inbox-find = Find another class by title or course
inbox-search = Find
inbox-find-none = No class has that in its title or course.
inbox-decided = Decided lately
inbox-decided-class = belongs to { $class }
inbox-decided-none = belongs to no class
inbox-decided-none-because = belongs to no class: { $reason }
inbox-decided-by = { $what }, decided by { $name }
inbox-undo = Take back
match-same-name = same name
match-cut-name = same beginning of the name
match-same-time = same time
match-near-time = within an hour of it
match-same-organizer = same organizer
match-no-recording-yet = has no recording yet
no-class-other-meeting = Another meeting, no class
no-class-private = A private talk
no-class-test = A test
no-class-duplicate = A copy of another recording
likely-heading = Is this a recording of this class?
likely-lead = Microsoft does not say so with certainty. Learners see it once you say yes; what you decide is kept in the audit.
likely-yes = Yes, it is this class
likely-no = No, it is not
inbox-assign = Belongs to this class
inbox-dismiss = Belongs to no class
inbox-headline = { $n ->
    [0] The inbox is empty
    [one] One thing belongs to no class yet
   *[other] { $n } things belong to no class yet
}
inbox-empty = Nothing to decide
inbox-empty-text = Everything Microsoft shows belongs to a class.
inbox-shown = { $n } of { $all }
inbox-no-name = Without a name
inbox-in-onedrive = in the OneDrive of { $account }
inbox-why-none = No class of ours was planned near that time.
inbox-why-other-time = No class was planned at that time, but there are some near it.
inbox-why-one = One class fits, but Microsoft does not say that it is this one.
inbox-why-several = { $n } classes fit, and Microsoft does not say which call it is from.

## Error pages

error-home = To your home page
error-request = For your administrator:
error-400 = That could not be understood
error-400-fix = Go back, mend it and send it again. Nothing was changed.
error-403 = You may not do that
error-403-fix = If you think you should, ask an instructor of the course or your OnRecord administrator.
error-404 = There is nothing here for you
error-404-text = The page does not exist, or it is not shared with you. Both look the same from here.
error-404-fix = Check the address. If someone gave it to you, ask them whether you are in the course and whether it is published.
error-409 = That cannot be done as things stand
error-409-fix = Nothing was changed. Go back and load the page again to see how things stand now.
error-429 = A little slower, please
error-429-text = Too many requests came from you in a short time.
error-429-fix = Wait a minute and try again.
error-500 = Something went wrong on our side
error-500-text = It has been logged, and nothing you sent was half done.
error-500-fix = Try again in a moment. If it stays so, give your administrator the number below.
error-503 = Just a moment
error-503-text = OnRecord is busy or being restarted.
error-503-fix = Try again in a minute. Classes and their recordings are not affected.

## The API's description

api-docs-title = API
api-docs-document = OpenAPI document
api-docs-body = Body:

## What operations say when they cannot

op-may-not = Your role does not allow that. Ask an instructor of the course or an administrator.
op-no-transcript = There is no transcript of this recording. Microsoft 365 may offer it some minutes after the class; Sync Data looks again.
op-too-many-attempts = Too many attempts. Try again in { $seconds } seconds.
op-not-your-password = This is not your present password.
op-roster-too-many = This would remove { $gone } of { $present } people, more than { $percent } %. Nothing was changed. If it is right, send it again and force it.
op-nobody-known = Nobody here is known by this. Add the person first.
op-same-person = This is the same person as in { $place }.
op-day-implausible = Write a day from 1900-01-01 on, as 2026-12-01.
op-one-line = Use at most { $most } characters on one line.
op-hide-why = Say why the recording is hidden; staff of the course read it.
op-at-most = Say it in at most { $most } characters.
op-no-control = Leave out control characters.
op-archive-gone = Microsoft does not have this recording any more, so it cannot be copied.
op-expiry-date = Write the day as 2027-03-12, or leave it empty if Microsoft keeps the file.
op-expiry-days = Write a whole number of days from 0 to 99999; 0 means that Microsoft keeps recordings.
op-rehome-no-room = No other service account has room for these classes. Add a licensed mailbox under Manage, Microsoft Teams, or give another one more storage.
op-course-taken = Another course has this external id already.
op-recordings-mandatory = Recordings cannot be off. Leave them out.
op-write-something = Write something here.
op-last-before-first = The last day is before the first.
op-person-disabled = This person is disabled. Enable them first.
op-token-name = Say what it is for, in at most 100 characters.
op-days-from-1 = Write a number of days from 1 to { $most }.
op-token-reads = This token may only read. Use one with the scope write.
op-address-taken = Somebody with this address is here already.
op-person-taken = Somebody else has this address, external id or Entra object id already.
op-write-address = Write an e-mail address such as ada@school.example.
op-write-language = Write a language tag such as en or de.
op-write-object-id = Write the object id of the person in Entra, a GUID of 36 characters.
op-last-admin = This is the only administrator. Make somebody else an administrator first.
op-not-yourself = You cannot disable yourself. Ask another administrator.
op-name-course = Name the course.
op-no-slots-yet = A new conference has no time slots yet: leave the id out.
op-overlaps = This overlaps { $place }.
op-give-title = Give the conference a title.
op-title-long = The title is longer than { $most } characters.
op-description-long = The description is longer than { $most } characters.
op-no-platform = { $other } is not a platform. Write "teams".
op-not-finished = Download failed: Microsoft 365 has not finished this file yet. Try again in a minute.
op-nowhere = { $what }: Microsoft 365 has not said yet where the file is. Press Sync Data, or try again in some minutes.
op-vanished = { $what }: Microsoft 365 no longer has it where it was. OnRecord looks for it again now; if it stays so, ask the instructor whether it was moved or deleted.
op-not-let = Download failed: Microsoft 365 does not let OnRecord read this file. An administrator finds the cause and the fix under Manage, Microsoft Teams.
op-not-delivered = Download failed: Microsoft 365 did not deliver the file. Try again in a minute; if it stays so, an administrator finds the cause under Manage, Microsoft Teams.
op-archive-unreadable = Download failed: the archive cannot be read at present. Try again in a minute; if it stays so, an administrator finds the cause in the log.
op-file-not-found = File not found
op-recording-not-found = Recording not found
op-being-changed = Download failed: the file is being changed at Microsoft 365. Try again in a minute.
op-link-nowhere = Microsoft does not say where this file lies. Copy its link again.
op-link-folder = The link leads to a folder. Open the recording itself and copy its link.
op-link-pieces = This file is in too many pieces. Upload it instead.
op-link-empty = There is no file behind this link. Open the recording in OneDrive, choose Copy link, and paste that.
op-link-unknown = Microsoft does not know this link. Open the recording in OneDrive, choose Copy link, and paste that.
op-link-form = Paste the link of the recording in OneDrive; it begins with https://.
op-bring-early = This class has not begun yet, so there is no recording of it to bring.
op-bring-same = This very recording is here already.
op-bring-here = This recording is here already.
op-bring-other = This file is the recording of another class already.
op-bring-dismissed = An administrator decided that this file is of no class. Ask them to take it back in the inbox.
op-bring-inbox = This file waits in the inbox. Ask an administrator to assign it.
op-bring-forbidden = Microsoft does not let OnRecord read this file. An administrator finds the missing permission under Manage, Microsoft Teams; or upload the file instead.
op-bring-why = Say why the recording is brought by hand, such as: held in Zoom because Teams was down.
op-no-such-class = There is no such class. Choose one of the list.
op-not-on = This class is not on at present, so there is nothing to see in Teams.
op-rehearse-unseen = Microsoft says that the event exists, but does not show it.
op-rehearse-no-room = There is no service account with room for another meeting this month.
op-rehearse-account = The account is gone.
op-rehearse-no-link = The event got no Teams link: the calendar of this account does not make Teams meetings.
op-rehearse-not-found = Teams does not find the meeting by its link.
op-rehearse-off = Read again, the meeting does not say that it will be recorded.
op-rehearse-broken = It was broken off: the program was stopped. Rehearse again.
op-rehearse-event = The event is in the calendar
op-rehearse-link = The event has its Teams link
op-rehearse-found = Teams finds the meeting
op-rehearse-taken = Teams takes the setting
op-rehearse-on = Read again, the meeting says that it will be recorded
op-csv-line = This line cannot be read as CSV.
op-csv-empty = The file has no line besides its header.
op-csv-header = The first line must name the columns: email, name, role, section, ends_on.
op-csv-twice = This column stands twice.
op-csv-missing = This column is missing. The first line must name the columns.
op-csv-workbook = This is an Excel file. Save it as “CSV UTF-8” and upload that.
op-csv-utf8 = This is not UTF-8. Save the file as “CSV UTF-8”.
op-csv-same = This is the same person as on line { $line }.
op-csv-unknown = This column is not known. Known are { $columns }.
op-csv-fields = This line has { $has } fields, the header { $header }. Is a comma unquoted?
op-csv-email = “{ $what }” is no e-mail address.
op-csv-role = “{ $what }” is no role. Write instructor or learner.
op-csv-date = “{ $what }” is no date. Write it as 2026-12-01.
op-slot-zone = { $what } is not a time zone. Write an IANA name such as Europe/Berlin.
op-slot-date = { $what } is not a date. Write it as 2026-12-01.
op-slot-time = { $what } is not a time. Write hours and minutes, such as 09:00.
op-slot-end = The end must be later than the start, on the same day.
op-slot-skipped = { $time } does not exist in { $zone } on { $day }: the clocks go forward then. Choose another time.
op-slot-none = Give at least one time slot.
op-slot-too-many = { $n } time slots are too many; a conference takes { $most }.
op-slot-past = This time is past. A class can be scheduled ahead only; past classes come by import.
op-slot-far = This is more than ten years ahead. Check the year.
op-slot-unknown = This conference has no time slot { $id }.
op-slot-twice = Time slot { $id } stands in the list twice.
op-slot-overlaps-begun = This overlaps a class that has begun.
op-slot-cancelled = The class of { $day } UTC was cancelled. Add a new time slot instead.
op-slot-begun = The class of { $day } UTC has begun; its time cannot be changed any more.
op-password-short = Use at least { $least } characters; this has { $n }.
op-password-long = Use at most { $most } characters.
op-password-one-character = Do not use one character over and over.
op-password-address = Do not use your e-mail address as password.
op-import-true-false = { $what } is neither true nor false.
op-import-no-course = There is no course { $what }.
op-import-no-person = There is no person { $what }.
op-import-no-conference = There is no conference { $what }.
op-import-part = { $what } is no part in a course. Write instructor or learner.
op-import-enrolled-twice = The same person is in this course in line { $line }.
op-import-too-many-gone = This would remove { $gone } of { $present } people from the course { $course }, more than { $percent } %. If it is right, add --force.
op-import-moment = Write a time such as 2026-09-01T09:00:00Z or 2026-09-01 09:00.
op-import-minutes = { $what } is no number of minutes.
op-import-no-slot = The conference { $what } has no time slot.
op-import-several-slots = The conference has several time slots; say when it was recorded.
op-import-no-near-slot = No time slot is near.
op-import-file-taken = The file belongs to another recording already.
op-import-organizer = Write the address of the mailbox that organizes the meeting.
op-import-link = Write the whole Teams link, as in the invitation.
op-import-slot-taken = The slot belongs to another conference already.
op-import-too-late = The class has begun or was cancelled; its time cannot change any more.
op-import-address = { $what } is no address.
op-import-role = { $what } is no role. Write admin, officer or nothing.
op-import-object-id = This is no object id. It has 36 characters with four hyphens.
op-import-language = Write a language such as en or de-CH.
op-import-address-taken = { $what } belongs to somebody else who is here already.
op-import-address-of = { $what } belongs to the person with the id { $id }.
op-import-object-taken = It belongs to somebody else who is here already.
op-import-folder = { $folder } cannot be read: { $error }.
op-import-stranger = { $what } is no file of an import. The files are { $files }.
op-import-no-files = { $folder } holds none of the files { $files }.
op-import-unreadable = The file cannot be read: { $error }.
op-import-unopened = It cannot be opened: { $error }.
op-import-empty = The file is empty. Its header has the columns { $columns }.
op-import-header-utf8 = The header is not UTF-8. Save the file as CSV UTF-8.
op-import-line-utf8 = The line is not UTF-8. Save the file as CSV UTF-8.
op-import-semicolons = The columns are separated by semicolons. Separate them by commas.
op-import-no-column = { $what } is no column of this file. The columns are { $columns }.
op-import-column-twice = The column { $what } stands twice.
op-import-column-missing = The column { $what } is missing.
op-import-cut = The file cannot be read to its end: { $error }.
op-import-fields = The line has { $has } fields, the header { $wants }. Look for a comma or a quotation mark that is missing or too many.
op-import-prose = Use at most { $most } characters.
op-import-required = Something must stand here.
op-import-date = { $what } is no date. Write it as 2026-12-01.
op-import-number = { $what } is no whole number of at least 0.
op-import-earlier = { $what } stands in an earlier line, too.
op-tenant-id = Write the Directory (tenant) ID from the app registration’s overview page, or a domain of the tenant.
op-client-id = Write the Application (client) ID from the app registration’s overview page: 36 characters with four hyphens.
op-secret-id = This is the secret’s ID. Copy the other column, Value; Entra shows it only right after the secret was made.
op-no-secret = This is not a client secret. Paste its value on one line.
op-account-address = “{ $what }” is not an address. Write one account a line, such as classes@school.example.
op-secret-or-certificate = Enter a client secret or a certificate, not both: one of them signs in.
op-pem = This PEM { $what }.
op-not-connected = Microsoft Teams is not connected yet. What is missing: { $missing }. An administrator enters it under Manage, Microsoft Teams.
sync-archive-refused = The archive did not take a transcript. Check ONRECORD_ARCHIVE_URL and the archive's free space.
sync-not-stored = OnRecord could not store what it read. The log names the cause; the next look tries again.
sync-throttled = Microsoft asks us to wait { $seconds } s. OnRecord looks again by itself.
sync-sign-in-refused = Microsoft does not accept our sign-in{ $number }. Check tenant id, client id and client secret under Manage, Microsoft Teams.
sync-file-moved = A shared file is no longer where the chat says. Ask its sender.
sync-meeting-unknown = Teams no longer knows this meeting: it was deleted, or it expired 60 days after its last use.
sync-to-be-paid = Microsoft wants this interface to be paid for in this cloud. Ask your Microsoft partner.
sync-unreachable = Microsoft could not be reached. Check the network and proxy; OnRecord looks again by itself.
sync-foreign-link = An answer led to another server ({ $host }) and was not followed. Check the proxy and the Graph URL.
sync-setting-unusable = The setting { $name } cannot be used: { $what }.
sync-odd-answer = Microsoft did not answer as it should. OnRecord looks again by itself.
sync-transcripts-switched-off = Your tenant has switched off access to transcripts. Allow it with Set-CsTeamsMeetingConfiguration, or switch transcripts off under Manage, Microsoft Teams.
sync-no-access-policy = The Teams application access policy is missing for the organizer. An administrator runs New-CsApplicationAccessPolicy and Grant-CsApplicationAccessPolicy; Manage, Microsoft Teams shows the exact commands. It takes up to 30 minutes.
sync-forbidden = Microsoft forbids it. Grant the app the permission { $permission } and consent as an administrator; it takes up to an hour.
sync-no-chat-yet = Teams has not named this meeting's chat yet.
sync-no-meeting = Teams knows no meeting for this class, so there is no recording of it to bring. If it was held in another meeting, import that meeting's link; else look at its recording status for the reason.
error-fields-wrong = Some of what was sent is wrong; each field says how.
error-microsoft-waits = Microsoft asks us to wait. Try again shortly.
error-microsoft-odd = Microsoft 365 did not answer as it should. Try again; an administrator finds the reason under Manage, Microsoft Teams.
error-our-fault = OnRecord could not do this because of a fault of its own. It was logged with this request's id.

## Mails

mail-day = { $weekday } { $day } { $month } { $year }
mail-when = { $course }, { $day }, { $start }–{ $end } ({ $zone })
mail-ready-subject = Recording ready: { $title }, { $day }
mail-ready-line = { $n ->
    [one] One recording is ready.
   *[other] { $n } recordings are ready.
}
mail-ready-link = Watch the recording
mail-missing-subject = Recording not found: { $title }, { $day }
mail-missing-title = Recording not found: { $title }
mail-acts-instructor = Who acts: whoever teaches the class.
mail-acts-admin = Who acts: an administrator.
mail-failing-subject = Will not be recorded: { $title }, { $day }
mail-failing-title = Failed to enable auto-recording
mail-failing-fix = Recording could not be switched on for this class. OnRecord tries again until it begins. The page of the class says why; if nothing changes, whoever teaches presses Record in Teams.
mail-not-off-subject = Will be recorded despite an exception: { $title }, { $day }
mail-unchecked-subject = Recording not checked: { $title }, { $day }
mail-unrecorded-subject = Press Record now: { $title }
mail-confirm-subject = Is Teams recording? { $title }
mail-confirm-fix = OnRecord cannot see whether this class is being recorded. Look for the red mark at the top of the meeting in Teams, and answer on the page of the class.
mail-expiring-subject = Will be deleted by Microsoft: { $title }, { $day }
mail-removing-subject = To be removed soon: { $title }, { $day }
mail-removing-line = The school’s retention policy removes the recording of this class on { $until }. The page of the class says which policy and why.
mail-removing-fix = Download what you need before that day. If it must be kept, ask a privacy officer for a hold.
mail-no-room-subject = No room for the recording: { $title }, { $day }
mail-ending-subject = The connection to Microsoft 365 needs you
mail-dead-subject = { $n ->
    [one] One job was given up
   *[other] { $n } jobs were given up
}
mail-dead-line = OnRecord tried often and stopped. See why under Monitor, mend it, and press Try again there.
mail-check-subject = Daily check: { $n ->
    [one] one thing to mend
   *[other] { $n } things to mend
}
mail-week-subject = Classes from { $from } to { $until }
mail-week-classes = Classes: { $n } (the week before: { $before })
mail-week-recorded = Recorded and verified: { $n } (the week before: { $before })
mail-week-missing = Missing: { $n } (the week before: { $before })
mail-week-downloads = Downloads: { $n } (the week before: { $before })
mail-week-storage = Storage of { $account } is nearly full, or full.
mail-digest-ready = { $n } recordings are ready
mail-digest-missing = { $n } classes have no recording
mail-digest-mixed = { $n } notices about your classes
mail-open-class = Open the class
mail-open-teams = Open Microsoft Teams settings
mail-open-monitor = Open Monitor
mail-open-reports = Open the report
mail-open-mail = Open Mail
mail-why-learner = You get this because you belong to the course.
mail-why-instructor = You get this because you teach the course.
mail-why-admin = You get this because you look after OnRecord.
mail-why-overseer = You get this because you oversee OnRecord.
mail-why-test = You get this because you pressed Send test mail.
mail-choose = Choose what comes by mail
mail-stop = Stop these mails
mail-given-up = No mail server took this for three days: { $why }
mail-choice-unknown = Choose one of the values of the form.
mail-graph-unconnected = Microsoft Teams is not connected, so nothing can be sent through it. An administrator connects it under Manage, Microsoft Teams.
mail-test-subject = Test mail from OnRecord
mail-test-title = Mail works
mail-test-line = OnRecord sent this because you asked for it. Other mails take the same way.
mail-off-fix = No mail is set up. Set ONRECORD_MAIL_URL and ONRECORD_MAIL_FROM, and start OnRecord again.

## Pages about mail

mail-kind-ready = Recording ready
mail-kind-missing = Recording not found
mail-kind-failing = Will not be recorded, or will be despite an exception
mail-kind-not-recording = Not being recorded
mail-kind-expiring = Recording about to be deleted by Microsoft
mail-kind-removing = Recording about to be removed by a retention policy
mail-kind-no-room = No room for a recording
mail-kind-ending = Secret or certificate ends
mail-kind-dead = Jobs given up
mail-kind-check = Daily check
mail-kind-week = Weekly report
mail-account = Mails
mail-account-lead = How each kind of news comes to you. Urgent news about a class that is near or on always comes at once.
mail-account-off = OnRecord sends no mails at present: no mail is set up. What you choose here counts from the day it is.
mail-choices-saved = Your choice of mails is saved.
pace-at-once = At once
pace-when-due = Yes
pace-daily = Once a day, together
pace-off = Not at all
mail-on = Mail is set up
mail-off = Nobody is told by mail
mail-by-smtp = Letters go out through { $place }.
mail-by-graph = Letters go out through Microsoft Graph, from { $mailbox }.
mail-send-test = Send test mail
mail-test-sent = A test mail to { $email } was taken
mail-test-sent-text = If it does not arrive within minutes, look into the folder for junk mail.
mail-test-failed = The test mail was not taken
mail-test-fix = Check ONRECORD_MAIL_URL and ONRECORD_MAIL_FROM, whether the server can be reached from here, and whether it lets this sender in. What waits is sent as soon as it does.
mail-fails = { $n ->
    [one] One mail waits because it is not taken
   *[other] { $n } mails wait because they are not taken
}
mail-state = State
mail-queue = Queue
mail-queue-sum = { $waiting } wait for their time, { $failing } of them were tried without success
mail-lately = Last seven days
mail-lately-sum = { $sent } sent, { $dropped } not sent after all
mail-from = Sender
mail-quiet = Quiet hours
mail-quiet-sum = From { $from } until { $until }, { $zone }
mail-quiet-none = None
mail-digest = Daily mail
mail-digest-sum = At { $time }
mail-newest = Newest mails
mail-none = No mail yet.
mail-column-about = About
mail-column-queued = Queued
mail-sent = Sent
mail-dropped = Not sent
mail-waiting = Waits
mail-failing = Fails
mail-because-disabled = They may no longer sign in.
mail-because-not-allowed = It is no longer for them.
mail-because-hidden = It was hidden, or is gone.
mail-because-resolved = It was mended meanwhile.
mail-because-unwanted = They do not want such mails.
mail-because-off = Mail was switched off.
mail-stop-lead = These mails to { $email } would no longer come:
mail-stopped = These mails are stopped
mail-stopped-text = You can choose anew on your account page at any time.
mail-stop-unknown = This link is not one of ours, or it was cut
mail-stop-unknown-fix = Open the link in the mail again, or sign in and choose on your account page.

## Reports

reports-title = Last seven days
reports-lead = From { $from } to { $until }, beside the seven days before.
reports-numbers = In numbers
reports-what = What
reports-now = Last seven days
reports-before = The seven before
reports-classes = Classes
reports-recordings = Recordings
reports-downloads = Downloads
reports-views = Watched
reports-viewers = People who watched or downloaded
reports-statuses = Conferences by recording status
reports-none = No classes in these days.
reports-owners = Missing recordings by who acts
reports-nothing-missing = Nothing is missing.
reports-missing = Missing recordings
reports-class = Class
reports-when = When
reports-cause = Cause
reports-owner = Who acts
reports-storage = Storage of the service accounts
reports-room = { $percent } %, { $used } of { $total }
## Keeping: policies, holds, bin

journal-purged-again = It was purged before the database was put back from a backup, and is purged again.
journal-removed-again = It was removed before the database was put back from a backup, and is removed again.
journal-erased-again = They were erased before the database was put back from a backup, and are erased again.
op-reason-missing = Say why; it stands in the audit.
op-release-first = Release the hold first, under Manage, Keeping, Holds.
op-hold-ends = Choose an end that lies ahead and after its start, or none.
op-hold-subject = There is no { $what } with the number { $id }.
op-hold-over = This hold has ended or was released before.
op-binned-already = It lies in the bin already.
op-not-binned = It does not lie in the bin.
op-purged-already = Its time in the bin is over: the bytes were deleted. Only the record of it is left.
op-run-under-way = A run is under way. Wait until it has ended.
op-policy-name = Give the policy a name of one line.
op-policy-course = There is no such course.
op-policy-until = Write the day until which it is kept.
op-policy-days = Write a number of days from { $least } to { $most }.
hold-recording = recording
hold-conference = conference
hold-course = course
hold-person = person
keeping-hold = Kept because of a hold: { $reason }
keeping-hold-until = Kept until { $date } at least because of a hold: { $reason }
keeping-legal = Kept until { $date } because of the legal retention “{ $name }”: { $rule }.
keeping-legal-open = Kept because of the legal retention “{ $name }”, whose end is not known: the course has no last day.
keeping-policy = Kept until { $date } because of the policy “{ $name }”: { $rule }.
keeping-no-term-end = Kept because the policy “{ $name }” counts from the end of the term and the course has no last day.
keeping-restored = Kept until { $date } because it was taken out of the bin lately.
keeping-no-policy = Kept without end because no retention policy removes it.
keeping-due = Due since { $date } because of the policy “{ $name }”: { $rule }.
keeping-copy-first = Due since { $date } because of the policy “{ $name }”: { $rule }. A verified copy is made first.
keeping-rule-class = { $days ->
    [one] one day after the class
   *[other] { $days } days after the class
}
keeping-rule-term = { $days ->
    [0] the last day of the term
    [one] one day after the last day of the term
   *[other] { $days } days after the last day of the term
}
keeping-rule-date = until { $date }
keeping-rule-minors = { $rule }, for classes with minors
keeping-purged = It was purged before.
keeping-in-bin = It lies in the bin.
keeping-bin-over = Its time in the bin is over.
keeping-not-there = It is not there any more.

retention-tab = Policies
retention-title = Keeping
retention-lead = How long things are kept is written here as policies. Without one nothing is ever removed. A hold goes before everything.
retention-dry-run = Show what a run would do
retention-run = Run now
retention-run-sure = Apply the policies now? Recordings go into the bin and can be restored; attendance and chat are removed for good.
retention-policies = Policies
retention-empty = No policy is written
retention-empty-text = Everything is kept. A policy removes it after a time, or forbids to remove it before a time.
retention-new = New policy
retention-edit = Change the policy
retention-preview = Show its effect
retention-nature = What it does
retention-removal = Removes after
retention-legal = Forbids to remove before
retention-about = About
retention-rule = When
retention-kind = What
retention-everything = Everything
retention-course = Course
retention-all-courses = All courses
retention-all-terms = All terms
retention-whose = Classes
retention-all-classes = All classes
retention-of-minors = Classes with minors
retention-whose-hint = Of courses that are marked as minors, or in which somebody is. A policy for one course goes before one for classes with minors, and that before one for a term.
retention-counted = Counted from
retention-from-class = The end of the class
retention-from-term = The last day of the term
retention-from-date = A date
retention-days = Days
retention-until = Until
retention-until-hint = Only if it is counted from a date.
retention-copy = A verified copy first
retention-copy-yes = Yes
retention-copy-no = No
retention-copy-hint = With a copy in the archive the bin can give a recording back whatever happens at Microsoft.
retention-end = End
retention-end-sure = End “{ $name }”? From then on it neither removes nor keeps anything.
retention-what = What
retention-act = What is done
retention-why = Why
retention-would = What a run would do
retention-did = What the run did
retention-acts = { $n ->
    [0] Nothing is to be done.
    [one] One thing.
   *[other] { $n } things.
}
retention-more = { $n } more are not shown here; “onrecord retention preview” lists all.
retention-added = { $n ->
    [one] One thing came in since the last dry run
   *[other] { $n } things came in since the last dry run
}
retention-dropped = { $n ->
    [one] One thing of the last dry run is kept now
   *[other] { $n } things of the last dry run are kept now
}
retention-unchanged = Nothing changed since the last dry run
retention-runs = Runs
retention-run-dry = Dry run
retention-run-real = Run
retention-planned = { $n ->
    [one] one thing planned
   *[other] { $n } things planned
}
retention-done = { $n } done, { $skipped } left alone
kept-recordings = Recordings
kept-transcripts = Transcripts
kept-files = Shared files
kept-attendance = Attendance
kept-chat = Chat
act-bin = Into the bin
act-remove = Removed for good
act-copy = Copied into the archive first
act-purge = Deleted out of the bin
item-planned = Planned
item-done = Done
item-queued = Queued
item-skipped = Left alone
holds-title = Holds
holds-lead = While a hold is in force, nothing it is on is removed: not by a policy, not by a person, not by an erasure.
holds-empty = No hold
holds-empty-text = Place one when something must not be removed: a complaint, a dispute, an inquiry.
holds-shown = { $n } shown
hold-new = New hold
hold-place = Place a hold
hold-on = On
hold-number = Its number, or the person’s e-mail
hold-number-hint = The number stands in the address of its page. People are named by their e-mail.
hold-number-wrong = Write the number, as it stands in the address of its page.
hold-owner = Owner
hold-operator = the operator
hold-starts = From
hold-ends = Last day, if it has one
hold-from = from { $from }
hold-from-until = from { $from } until { $until }
hold-planned = Not yet
hold-in-force = In force
hold-ended = Ended
hold-released = Released
hold-release = Release
hold-release-why = Why it is released
bin-title = Bin
bin-lead = What was removed lies here for { $days } days and comes back whole: file, captions, counters and rights.
bin-restorable = Can be restored
bin-purged = Deleted
bin-empty = Nothing here
bin-empty-text = What is removed by hand or by a policy is listed here.
bin-restore = Restore
bin-remove = Put into the bin
bin-sure = Put { $title } into the bin?
bin-effect = Nobody can watch it any more, and lists do not show it. It can be restored until it is deleted.
bin-by = { $reason } ({ $name })
bin-recording = recording
bin-transcript = transcript
bin-file = file
bin-until = It can be restored until { $date }.
bin-purged-on = Deleted on { $date }.
bin-purged-hash = Deleted on { $date }. Its hash was { $hash }.
bin-at-microsoft = Microsoft may still have its file.
bin-tombstone = Recording { $n } was removed

## People's data

op-erase-role = Somebody with a role over the installation cannot be forgotten, nor can you forget yourself. An administrator takes the role away first, under Manage, People.
op-erase-twice = This was asked for before; it stands under Keeping, People’s data.
op-playback-reason = Say first why you watch this recording: on its page, or with POST /api/v1/recordings/…/reason.
erasure-at-microsoft = What lies at Microsoft stays there and must be asked for there: the person’s account, the Teams chat and its messages, attendance reports, transcripts and recordings in OneDrive, mail invitations, and Microsoft’s own logs.
erasure-kept = Recordings show and sound what happened in class and are kept or removed as the school’s policies say; what was written or said in them stays. The audit keeps a pseudonym.
requests-title = People’s data
requests-lead = What people ask under privacy law: what is held about them, and to be forgotten. Holds and legal retention go first.
requests-empty = Nobody was forgotten
requests-empty-text = Requests to be forgotten are listed here with what became of them.
request-new = Answer a request
request-effect = Forgetting puts a pseudonym in place of the person’s name in attendance, chat and captions, here and in the archive, forgets their visits, and ends their account. It cannot be undone.
request-export = Export what is held
request-erase = Forget this person
request-sure = Forget this person? It cannot be undone.
request-reason-hint = Needed to forget somebody; it stands in the audit.
request-nobody = Nobody here has this address.
request-outcome = Outcome
request-done = Done
request-blocked = Blocked
request-under-way = Under way
request-restricted = The name is kept from view in courses, classes and cases until then; those who manage people still see it.
request-counts = Changed: { $attendance } attendance records, { $chat } chat messages, { $captions } captions, { $visits } visits, { $objects } texts in the archive.
privacy-title = Access data
privacy-lead = How much is kept of who watches what. Counters are exact whatever you choose.
privacy-detail = Kept of each visit
privacy-detail-hint = What was kept before in more detail is forgotten when its days are over.
privacy-named = Who, what and when
privacy-pseudonymous = The same under a pseudonym
privacy-counts = Only how often
privacy-choose = Choose one of the three.
privacy-days = Days
privacy-days-hint = After so many days only counts are left.
privacy-network = Address and browser of each visit
privacy-reason = Administrators and officers say why they watch
privacy-reason-hint = Asked once in twelve hours for each recording of a course that is not theirs; it stands in the audit.
own-data-title = Your data
own-data-export = Export as JSON
own-data-visits = What you watched and downloaded
own-data-how = How
own-data-when = When
own-data-watched = watched
own-data-downloaded = downloaded
own-data-read = read
own-data-empty = No visit is kept under your name
own-data-empty-text = What you watch or download is listed here as far as it is kept.
own-data-named = OnRecord keeps what you watch and download for { $days } days, then only how often a recording was watched. The export holds everything that is kept about you.
own-data-pseudonymous = OnRecord keeps what is watched and downloaded under pseudonyms for { $days } days. The export holds everything that is kept about you.
own-data-counts = OnRecord keeps only how often a recording was watched, not by whom. The export holds everything that is kept about you.
reason-title = Why do you watch this recording?
reason-lead = You are not of its course. What you write stands in the audit and holds for twelve hours.
reason-go-on = Go on
answer-yes = Yes
answer-no = No

## Exceptions to recording, and other cases

op-exception-class = This course has no such class that has not begun.
op-exception-before-class = The exception must last to the end of the class at least.
op-exception-end = An exception has an end: say until when.
op-exception-order = The end must lie after the start.
op-exception-long = An exception lasts a year at most. Ask again when it ends.
op-exception-decided = This exception is decided or over.
op-exception-begun = The class has begun. Recording cannot be switched off any more.
op-exception-over = This exception is over.
op-exception-two = An exception takes two people with two roles: somebody else in another role must decide.
exceptions-title = Exceptions to recording
exceptions-lead = Every class is recorded. An exception needs two people with different roles, a reason and an end: one asks, the other decides. While it is in force recording is off for its classes, and at its end it is on again.
exceptions-empty = No exception
exceptions-empty-text = Every class is recorded.
exception-ask = Ask for an exception
exception-send = Ask
exception-about = Classes
exception-people = Who asked, who decided
exception-all = All classes of these days
exception-reason-hint = For staff and officers. Do not name illnesses.
exception-first-day = First day, today if empty
exception-last-day = Last day
exception-last-day-hint = May be empty for one class.
exception-note = What you say to it
exception-approve = Approve
exception-refuse = Refuse
exception-end = End
exception-end-why = Why it ends
exception-asked = Waits for a decision
exception-approved = Approved
exception-refused = Refused
exception-withdrawn = Taken back
exception-lapsed = Nobody decided in time
exception-ended = Ended
exception-person = { $name }, { $office }, { $when }
exception-span = All classes from { $from } until { $until } (UTC)
exception-of-class = Ask for an exception to recording
exempted-note = An approved exception covers this class: it is not recorded
exempted-not-yet = An approved exception covers this class, but recording is not off yet
will-exempted = No: an approved exception covers it
will-exempted-detail = Two people with different roles have decided so. Recording is off in Teams, and was read back.
will-not-be-recorded = Will not be recorded
status-exempted = Off by an approved exception
step-brought = Recording brought by hand
step-exempted = Recording switched off by an approved exception, and read back
cases-title = Cases
cases-lead = What people asked or objected to about recording, the newest first.
action-exception-asked = Exception to recording asked for
action-exception-approved = Exception to recording approved
action-exception-refused = Exception to recording refused
action-exception-withdrawn = Request for an exception taken back
action-exception-ended = Exception to recording ended
action-recording-exempted = Recording switched off by an approved exception, and read back
action-recording-found-on = Recording found switched on during an exception
somebody = Somebody

## The recording notice: wordings, acknowledging

op-notice-changed = The notice has changed. Read it again.
op-notice-language = Write a language tag, such as de or pt-BR.
op-notice-english = The English words are written with the notice: an administrator does that under Manage, Microsoft Teams.
op-notice-locked = The configuration sets the words in this language.
op-notice-unconnected = Microsoft Teams is not connected yet.
notices-title = Notices
notices-lead = Every wording of the recording notice that was ever used. An administrator writes it under Manage, Microsoft Teams; a change makes a new version.
notices-empty = No wording was used yet
notices-empty-text = The first class that is announced makes the first version.
acknowledge-none = Nobody is asked to acknowledge it.
acknowledge-ask = People are asked to acknowledge it before they go to a class, and may go on without.
acknowledge-required = Nobody is shown the way to a class before they have acknowledged it.
notice-other-language = Your words in another language
notice-wordings = Your words in other languages
notice-wording-locked = Set by the configuration
notice-language = Language
notice-language-hint = A tag such as de or pt-BR. People whose account has this language read these words.
notice-words = Words
notice-words-hint = Plain text. Empty takes your words in this language away.
notice-save-wording = Save the words
notice-version = Version
notice-version-of = Version { $id }, { $language }
notice-used = Used
notice-used-by = Classes announced with it: { $classes }. People who acknowledged it: { $people }.
acknowledgements-title = Acknowledgements
acknowledgements-lead = Who of this course has acknowledged which version of the recording notice.
acknowledged-current = Acknowledged version { $version }
acknowledged-older = Only an older version, { $version }
acknowledged-not = Not acknowledged
join-read = Before you go: this class is recorded
join-read-asked = Please read how, and say that you have. You can also go on without.
join-read-required = Please read how, and say that you have. Then the way to the class is open.
join-have-read = I have read this
join-without = Go on without
join-ready = Thank you. The way is open
join-ready-text = Go to the class in Teams now.
action-notice-acknowledged = Recording notice acknowledged
action-notice-wording-changed = Own words of the notice in a language changed

## Objections to being recorded

op-objection-words = Say in your own words why you object. Officers read it, nobody who teaches does.
op-case-words = Write what whoever objected is told.
op-objection-class = This course has no such class.
op-objection-open = You have objected to this already. It is being answered.
op-objection-closed = This case is closed.
op-objection-owner = Write the address of an administrator or officer.
op-objection-due = Choose a day that lies ahead, within a year.
op-objection-exception = This course has no exception with this number.
op-objection-withdrawn = Only whoever objected can take it back.
objection-title = Object to being recorded
objection-lead = Your school's officers read this and answer it. Recording goes on until they have decided; nobody who teaches reads what you write.
objection-send = Object
objection-all = All classes of this course
objection-own = Your objections
objection-reason-hint = In your own words, at most 500 characters.
objection-withdraw = Take it back
objection-answered-by = To be answered by { $date }.
objection-of-class = Object to being recorded
objections-title = Objections
objections-empty = No objection
objections-empty-text = Nobody has objected to being recorded.
case-title = Objection
case-of = Objection { $id }: { $name }
case-said = What they write
case-notes = Notes
case-no-notes = Nothing is noted yet.
case-note = Note
case-facts = The case
case-person = Who
case-about = About
case-raised = Raised
case-due = To be answered by
case-owner = Owner's address
case-nobody = nobody
case-outcome = Outcome
case-stays-open = Stays open
case-answer = Answer
case-answer-hint = Whoever objected reads this.
case-exception = The exception it led to
case-no-exception = None yet
case-stays-so = As it is
case-stays = Leave it empty and it stays as it is.
case-change = Work on it
case-save = Save
case-new = New
case-open = In hand
case-overdue = Overdue
outcome-upheld = Upheld
outcome-settled = Settled otherwise
outcome-rejected = Rejected
outcome-withdrawn = Taken back
mail-cases = Somebody waits for your decision
mail-cases-text = { $exceptions } requests for an exception to recording, { $new } new objections, { $overdue } objections past their deadline.
mail-kind-cases = Objections and exceptions that wait, once a day
action-objection-raised = Objection to being recorded
action-objection-changed = Objection: owner, deadline or exception changed
action-objection-noted = Objection: something noted
action-objection-closed = Objection closed

## Minors

op-guardian-given = The day lies ahead. Write when it was given.
op-guardian-expires = The end must lie after the day on which it was given.
op-guardian-kind = Choose information or consent.
op-minor-unknown = Nobody here has this address.
minors-title = Minors
minors-text = For classes of minors, attendees begin with camera and microphone off, and learners neither download recordings nor read the chat. Who teaches may allow camera and microphone in the meeting. How long recordings are kept can be a policy of the course.
minors-not-marked = This course is not marked. People of it may be.
minors-marked-nothing = This course is one of minors. Nothing is required of guardians.
minors-marked-information = This course is one of minors. Their guardians must have been told of the recording.
minors-marked-consent = This course is one of minors. Their guardians must have agreed to the recording.
minors-empty = No minors
minors-empty-text = Neither the course nor anybody in it is marked.
minors-required = Required
minors-guardians = Guardians
minors-change = Change
minors-course = The course
minors-person = One person
minors-save = Save the mark
minors-requires = Required of guardians
minors-no-mark = Not marked as minors
minors-met = There
minors-missing = Missing
requirement-nothing = Nothing
requirement-information = Information
requirement-consent = Consent
guardian-keep = Keep what a guardian was told or said
guardian-save = Keep it
guardian-kind = What
guardian-name = Guardian's name
guardian-evidence = Evidence
guardian-evidence-hint = Where it can be looked up: a letter, a file, a form.
guardian-given = When, today if empty
guardian-expires = Last day on which it holds, if it ends
guardian-line = { $kind }, { $guardian }, { $given } ({ $evidence })
guardian-until = holds until { $date }
guardian-withdrawn = taken back { $date }
guardian-withdraw = Taken back
live-consent = For { $n } minors of this class something required of their guardians is missing
live-consent-text = The class is recorded all the same: decide before it begins.
live-consent-fix = Open Minors on the course's page, keep what guardians said, or ask for an exception to recording.
mail-consent-subject = Guardians' consent is missing: { $title }
mail-kind-consent = A class of minors for which something required of guardians is missing
step-alert-consent = Staff were told that something required of guardians is missing
action-course-minors-marked = Course marked as minors, or not any more
action-user-minor-marked = Person marked as a minor, or not any more
action-user-guardian-kept = What a guardian was told or said kept
action-user-guardian-withdrawn = What a guardian said taken back
