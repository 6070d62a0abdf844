"""Texts by seed: banned words as people write them to get past, and innocent texts that resemble them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

BANNED = (
    "idiot", "moron", "scammer", "casino", "viagra", "nitwit", "loser", "bastard", "jerk", "grumbo", "zorblat",
    "bollocks", "pillock", "wanker", "tosser", "scumbag", "degenerate", "spambot", "cretin", "dunce",
)  # fmt: skip
AROUND = (
    "you are a {} and you know it", "what a {}", "{} go away", "nobody asked you, {}", "hey {}, listen",
    "I said: {}!", "stop being such a {} all the time", "{}", "well... {}?", "\"{}\" is what they called him",
)  # fmt: skip
ALIKE = {
    "a": "аɑα𝐚𝓪ａⓐᴀàäā", "b": "Ьβ𝐛𝓫ｂⓑʙ", "c": "сϲ𝐜𝓬ｃⓒᴄç", "d": "ԁ𝐝𝓭ｄⓓᴅď", "e": "еε𝐞𝓮ｅⓔᴇéë", "f": "ｆ𝐟ⓕ",
    "g": "ɡ𝐠𝓰ｇⓖɢğ", "h": "һ𝐡𝓱ｈⓗʜ", "i": "іı𝐢𝓲ｉⓘɪíï", "j": "ј𝐣𝓳ｊⓙᴊ", "k": "κк𝐤𝓴ｋⓚᴋ", "l": "ⅼ𝐥𝓵ｌⓛʟł",
    "m": "м𝐦𝓶ｍⓜᴍ", "n": "ո𝐧𝓷ｎⓝɴñ", "o": "оοօ𝐨𝓸ｏⓞᴏöø", "p": "рρ𝐩𝓹ｐⓟᴘ", "r": "г𝐫𝓻ｒⓡʀř", "s": "ѕ𝐬𝓼ｓⓢꜱš",
    "t": "т𝐭𝓽ｔⓣᴛť", "u": "υս𝐮𝓾ｕⓤᴜü", "v": "ν𝐯𝓿ｖⓥᴠ", "w": "ѡ𝐰𝔀ｗⓦᴡ", "x": "х𝐱ｘⓧ", "y": "у𝐲ｙⓨʏý", "z": "ᴢ𝐳ｚⓩž",
}  # fmt: skip
LEET = {"a": "4@", "b": "8", "e": "3", "g": "9", "i": "1!", "l": "1|", "o": "0", "s": "5$", "t": "7+"}
HIDDEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e\u2063"
HEAP = [chr(code) for code in range(0x300, 0x36F)]


def alike(word: str, dice: random.Random) -> str:
    """Some letters are others that look the same."""
    return "".join(dice.choice(ALIKE[each]) if each in ALIKE and dice.random() < 0.7 else each for each in word)


def hidden(word: str, dice: random.Random) -> str:
    """Characters that nobody sees stand between the letters."""
    return "".join(each + dice.choice(HIDDEN) * dice.randint(0, 2) for each in word) + dice.choice(HIDDEN)


def heaped(word: str, dice: random.Random) -> str:
    """Marks are heaped upon the letters."""
    return "".join(each + "".join(dice.choices(HEAP, k=dice.randint(1, 6))) for each in word)


def leet(word: str, dice: random.Random) -> str:
    """Digits and signs stand for letters; one letter at least stays."""
    stays = dice.randrange(len(word))
    put = [
        dice.choice(LEET[each]) if each in LEET and place != stays and dice.random() < 0.7 else each
        for place, each in enumerate(word)
    ]
    return "".join(put)


def parted(word: str, dice: random.Random) -> str:
    """Blanks, dots or dashes stand between the letters, or between pairs of them."""
    size = dice.choice((1, 1, 1, 2))
    pieces = [word[at : at + size] for at in range(0, len(word), size)]
    return dice.choice((" ", "  ", ".", "-", "_", " . ", "\u2003", "*", "/")).join(pieces)


def drawn(word: str, dice: random.Random) -> str:
    """Letters are drawn out."""
    place = dice.randrange(len(word))
    return word[:place] + word[place] * dice.randint(3, 9) + word[place + 1 :]


def loud(word: str, dice: random.Random) -> str:
    """Capitals here and there."""
    return "".join(each.upper() if dice.random() < 0.6 else each for each in word)


WAYS: Sequence[Callable[[str, random.Random], str]] = (alike, hidden, heaped, leet, parted, drawn, loud)


def evasions(seed: int, count: int) -> list[str]:
    """Texts that hold a banned word, written in one way or two after another."""
    dice = random.Random(seed)  # noqa: S311 - the same texts for each seed are what is wanted
    texts = []
    for number in range(count):
        word = dice.choice(BANNED)
        way = WAYS[number % len(WAYS)]
        written = way(word, dice)
        if dice.random() < 0.3 and way in (leet, parted, drawn, loud):
            written = dice.choice((hidden, heaped))(written, dice)
        texts.append(dice.choice(AROUND).format(written))
    return texts


NEAR = (
    "the idiom is idiotic in no way", "an oxymoron is not an insult", "the scam was uncovered", "casinos close at two",
    "he jerked the rope", "beef jerky for the road", "closer to the closet", "glosers and losers' bracket", "cretinous",
    "wank is a town", "the toss went well", "grumbling bot", "dun cows", "dunces cap", "a bast ard-wood bench",
    "Scunthorpe United won", "the class passed the assessment", "I will pass you the glass", "bass and brass",
    "cocktails at the peacock inn", "analysis of the titles", "Essex and Sussex", "the therapist is in",
    "Arsenal lost", "document the shift", "mass assembly of grass", "a pen is on the table", "as sessions go",
    "morons? no: morose", "Moroni is the capital of the Comoros", "mo ron ald", "Idi Amin", "an i dio tism",
    "vi agrarian studies", "the scam mer", "de generation gap", "span bots", "Spambots are what we study",
    "lo ser ies", "ca sin oil", "tosses", "pills or locks", "scum and bags", "nit, wit and wisdom",
)  # fmt: skip
PLAIN = (
    "see you at {n} o'clock", "the build took {n} minutes and {n} seconds", "1{n}07 people voted, 5{n}5 for it",
    "my number is 0{n}1-5{n}5-4711", "version 1.{n}.0 is out", "it costs {n}$ or 4{n}€", "I have {n} of them!!!",
    "A. B. C. D.: pick {n}", "i am so on it, ok? {n}", "U.S.A. and U.K. in {n}", "x = a[{n}] + b[i] * c(j)",
    "https://example.org/i/d/{n}", "git commit -m 'fix {n}'", "sooooo goooood {n}", "hahahaha {n}", "1d10t{n}error",
    "рад тебя видеть в {n} часов", "у нас сор и мусор, {n} кг", "она рано пошла спать, {n}", "τι κάνεις σήμερα {n}",
    "今日は{n}時に会いましょう", "내일 {n}시에 봐요", "صباح الخير {n}", "déjà vu à la carte, naïve café no. {n}",
    "größer als {n} Öfen", "l'été dure {n} jours", "I d o n't k n o w {n}",
    "w o r d s p a c e {n}", "a n d s o o n {n}",
    "😀😀 {n} 🎉", "e.g. i.e. etc. p. {n}", "**bold** _it_ ~~no~~ {n}", "t-t-that is {n}", "O-K, o k, {n}",
    "l33t sp34k 1s fun {n}", "h3llo w0rld {n}", "ｆｕｌｌ ｗｉｄｔｈ {n}",
    "𝓯𝓪𝓷𝓬𝔂 𝓵𝓮𝓽𝓽𝓮𝓻𝓼 {n}", "ѕоmе mіхеd lеttеrѕ {n}",
)  # fmt: skip


def innocent(seed: int, count: int) -> list[str]:
    """Texts that hold no banned word, many of them nearly."""
    dice = random.Random(seed)  # noqa: S311 - the same texts for each seed are what is wanted
    texts = []
    for number in range(count):
        if number % 2:
            texts.append(dice.choice(NEAR) + dice.choice(("", ".", "!", f" {dice.randint(1, 99)}", ", they say")))
        else:
            texts.append(dice.choice(PLAIN).format(n=dice.randint(1, 99)))
    return texts
