"""New passwords as people choose them, in the languages of the pages: what is tried first is refused, what nobody would try is taken."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import access

OTHERS = [
    "박서연",
    "E0217",
    "대한수출진흥원",
    "Korea Export Promotion Agency",
    "Agencia Coreana de Promoción de Exportaciones",
]
AROUND = [
    "비엔나무역관",
    "Vienna office",
    "Oficina de Viena",
    "유럽지역본부",
    "마드리드무역관",
    "Oficina de Madrid",
    "디지털혁신팀",
    "Hanoi office",
]

WEAK = {
    "recited": """
        가나다라마바사아자차 가나다라마바사123 하파타카차자아사바마 ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊ ㅏㅑㅓㅕㅗㅛㅜㅠㅡㅣ ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ ㅁㄴㅇㄹㅎㅗㅓㅏㅣ1
        일이삼사오육칠팔구십 하나둘셋넷다섯여섯일곱 월화수목금토일월화수 월요일화요일수요일목요일 봄여름가을겨울2026 도레미파솔라시도12 빨주노초파남보1234
        태정태세문단세예성연 갑을병정무기경신임계 자축인묘진사오미신유 동서남북동서남북동서 아에이오우아에이오우 거너더러머버서어저처
        rkskekfkakqktkdkwkck dlftkatkdhdbrclf abcdefghij zyxwvutsrqpo abcdefghijklmnñopqrstuvwxyz lunesmartesmiercoles enerofebreromarzoabril
        unodostrescuatrocinco primaveraveranootoño rojonaranjaamarillo mondaytuesdaywednesday januaryfebruarymarch onetwothreefour alphabravocharlie
    """,
    "keys": """
        qwertyuiop qwerty12345! 1q2w3e4r5t6y asdfghjkl;1 zxcvbnm,./ !@#$%^&*() 1234567890 0987654321 qwer1234!@#$ q1w2e3r4t5y6 1qaz2wsx3edc aaaaaaaaaa
        ababababab 1212121212 00000000000 9876543210a
    """,
    "days": """
        2026년11월29일 1999년1월1일생일 1985년12월25일 11월29일2026년 26년11월29일!! 2026-11-29!! 29/11/2026!! 20261129!!! 29denoviembrede2026 1denerode1990
        noviembre2026! december252025 25december1985 november292026 15dejuliode1988 19850615!!
    """,
    "Korean words": """
        비밀번호1234!! 안녕하세요2026! 사랑해요사랑해요1004 대한민국만세2026 감사합니다2026! 행복하세요2026! 고양이강아지2026 화이팅화이팅화이팅! 홍길동19900101 김철수김철수1234! 이순신장군님2026!
        세종대왕님2026! 박지성박지성1234 이영희2026!!! 바보바보바보바보바보 서울특별시강남구2026 부산광역시해운대구! 사랑합니다사랑합니다 행복한우리집2026 우리가족사랑해요2026 여름휴가2026!!
        관리자비밀번호2026 패스워드입니다1234 오늘도좋은하루되세요! 커피사랑2026!! 제주도여행2026! 축구선수축구선수2026 컴퓨터컴퓨터1234
    """,
    "Korean words on an English keyboard": """
        rkatkgkqslek12 dkssudgktpdy1 tkfkdgody1004 eogksalsrnr12 qlalfqjsgh1234 rhksflwk1234! tjdnfxmrquftl vkdlxldvkdlxld godqhrgktpdy1 rhdiddl1234
        anrndghkRkc tkfkdgkqslek! gkrryrhkwkd12 clsrntkfkd12
    """,
    "the agency and its work": """
        해외무역관2026! 수출지원센터2026 수출지원2026!! 무역관장2026!! 비엔나무역관2026! 유럽지역본부2026 디지털혁신팀2026! 마드리드무역관1234 해외시장개척2026 수출상담성과2026
        투자유치사업2026 성과평가등급2026! 코트라무역관2026 바이어상담2026! 수출입은행2026! exportoffice2026! tradesupport2026! Viennaoffice2026 OficinadeMadrid1
        exportaciones2026! comercioexterior1 oficinacomercial2026 promocion2026!! evaluacion2026!! hanoioffice2026! tncnfwldnjs2026
    """,
    "its owner": """
        박서연박서연박서연1! 박서연박서연2026 qkrtjdus2026 seoyeon.park1! E0217E0217! 대한수출진흥원2026 eogkstncnfwlsgmddnjs
    """,
    "lines": """
        무궁화삼천리화려강산 동해물과백두산이마르고닳도록 아버지가방에들어가신다 하느님이보우하사우리나라만세 가는말이고와야오는말이곱다 발없는말이천리간다!
        천리길도한걸음부터1 고래싸움에새우등터진다 티끌모아태산2026 무궁화꽃이피었습니다! 나의살던고향은꽃피는산골 죽는날까지하늘을우러러 간장공장공장장은강공장장
        ehdgoanfrhkqorentksdl anrndghkRhcdlvldjTtmqslek enunlugardelamancha masvaletardequenunca amaltiempobuenacara feliznavidad2026! serono!serono!
        nohaymalqueporbiennovenga tobeornottobe! correcthorsebattery maytheforcebewithyou! happybirthdaytoyou1 cienañosdesoledad cumpleañosfeliz!
    """,
    "Spanish words": """
        Verano2026!! administrador1 Primavera2026! contraseña2026 contraseñasegura holamundo2026 bienvenido2026! Barcelona2026! realmadrid2026 teamomucho2026
        Invierno2025!! Otoño2026!!! futbolista10! mariposa2026! corazon12345 guadalupe2026 alejandro1990! Argentina2026! buenosdias2026 4dm1n1str4d0r
        tequieromucho princesa12345 chocolate2026! Diciembre2026! universidad1! familia2026!! misecreto1234 secretaria2026!
    """,
    "English words": """
        Password2026! P@ssw0rd2026! welcome12345! letmein2026!! Summer2026!!! sunshine12345 iloveyou2026! football2026! princess1234 dragon123456
        administrator1 monkeymonkey1 superman2026! baseball12345 trustno1trustno1 Winter2025!! starwars2026! drowssap2026! qwertyqwerty computer2026!
    """,
}
LISTED = [(kind, password) for kind, text in WEAK.items() for password in text.split()]

WORDS = {
    "ko": "기린 소금 바퀴 우산 냄비 장화 복숭아 톱니 망원경 다락방 이끼 주전자 호두 지렁이 돛단배 연필깎이 굴뚝 달팽이 반딧불 수수께끼 모래성 도토리 나침반 "
    "두루미 옹달샘 가위 사다리 팽이 조약돌 고드름 누룽지 징검다리 빗자루 물레방아 민들레 갈매기 손수레 썰매 촛대 항아리",
    "es": "jirafa tornillo paraguas sandía linterna cangrejo almohada trébol martillo azufre cuchara brújula lagartija tejado buñuelo erizo volcán pincel "
    "zanahoria candado ardilla tambor espejo farol ancla avellana cometa molino pepino rastrillo bisagra colmena dedal gaviota hormiga iglú jarrón mechero",
    "en": "giraffe mustard ladder umbrella kettle walrus pillow lantern gravel thimble acorn biscuit compass drizzle easel ferret gutter hinge icicle juniper "
    "kazoo lobster magnet noodle otter parsnip quiver radish saddle trowel urchin velvet whisker zipper bramble chimney donkey eggplant funnel goblet",
}


def _code(password):
    findings = access.password_findings(
        "new_password", password, email="seoyeon.park@kepa.example", others=OTHERS, around=AROUND
    )
    return findings[0].code if findings else None


def test_the_list_is_long():
    """Every category has some, and none stands twice."""
    assert len({password for _, password in LISTED}) == len(LISTED) >= 150
    assert [password for _, password in LISTED if len(password) < 10] == []


@pytest.mark.parametrize("kind", WEAK)
def test_what_is_tried_first_is_refused(kind):
    """Each for what it is, and none because of its length alone."""
    codes = {password: _code(password) for password in WEAK[kind].split()}
    assert [password for password, code in codes.items() if code is None] == []


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("가나다라마바사아자차", "pattern"),
        ("2026년11월29일", "pattern"),
        ("해외무역관2026!", "around"),
        ("비엔나무역관2026!", "around"),
        ("동해물과백두산이마르고닳도록", "line"),
        ("tobeornottobe!", "line"),
        ("rkatkgkqslek12", "guessable"),
        ("administrador1", "guessable"),
        ("박서연박서연2026", "own"),
        ("qkrtjdus2026", "own"),
    ],
)
def test_it_is_said_what_is_weak(password, code):
    """By the reason that helps to choose another."""
    assert _code(password) == code


@given(
    st.sampled_from(sorted(WORDS)).flatmap(
        lambda language: st.tuples(
            st.lists(st.sampled_from(WORDS[language].split()), min_size=4, max_size=6, unique=True),
            st.sampled_from(["", " ", "-"]),
        )
    )
)
def test_four_words_are_taken_in_each_language(chosen):
    """Any four that have nothing to do with each other, together or apart."""
    words, between = chosen
    password = between.join(words)
    assert _code(password) == ("too_short" if len(password) < 10 else None)


@pytest.mark.parametrize(
    "alphabet",
    [
        string.ascii_lowercase,
        string.ascii_letters + string.digits,
        "".join(map(chr, range(33, 127))),
        "".join(map(chr, range(0xAC00, 0xD7A4))),
    ],
    ids=["small letters", "letters and digits", "any sign", "Hangul"],
)
def test_random_letters_are_taken(alphabet):
    """Twelve of them: what a password manager makes."""
    draw = random.Random(12)
    made = ["".join(draw.choice(alphabet) for _ in range(12)) for _ in range(100)]
    assert [password for password in made if _code(password) is not None] == []


def test_english_among_random_letters_takes_no_korean_ending():
    """The keys of an ending, which may come after "what" by chance, are letters like any others there."""
    assert _code("pnWB3WhATSPs") is None


def test_first_passwords_could_be_kept():
    """What we make ourselves is as good as what we ask for."""
    assert [made for made in (access.first_password().text for _ in range(3)) if _code(made) is not None] == []
