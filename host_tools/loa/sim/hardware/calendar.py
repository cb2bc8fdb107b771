"""Days and dates of the Gregorian calendar, counted from 1970-01-01, for runtimes whose own epoch or time zone is not the board's."""


def days(year, month, day):
    """Days from 1970-01-01 to a date; month 1 to 12, day from 1."""
    years = year - (month < 3)  # years begin in March: the leap day is their last
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return years * 365 + years // 4 - years // 100 + years // 400 + day_of_year - 719468


def civil(number):
    """`(year, month, day)` of the day `number` after 1970-01-01."""
    since = number + 719468
    era, day_of_era = divmod(since, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return era * 400 + year_of_era + (month < 3), month, day_of_year - (153 * shifted + 2) // 5 + 1
