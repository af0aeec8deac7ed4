"""Names of people who do not exist: a common surname, and two words from field and garden."""

from __future__ import annotations

import random

SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕张孔曹严华金魏陶姜谢邹喻柏水窦章云苏"
    "潘葛范彭鲁韦马苗方俞任袁柳史唐费薛雷贺倪汤罗毕郝安常于傅齐康伍余顾孟黄穆萧尹"
)
FIRST = "岚禾棠柏苗澄屿蘅稷枫芷榆砚沅溪麦橙葵杏荞"
SECOND = "禾川苔粒杉蓝舟羽藤谷粟葭泉鹭岑笺枝桐穗蕨"
DIGITS = "零一二三四五六七八九"


def people_names(rng: random.Random, count: int) -> list[str]:
    """So many different names; raises ``ValueError`` where there are not that many."""
    every = len(SURNAMES) * len(FIRST) * len(SECOND)
    names: list[str] = []
    for number in rng.sample(range(every), count):
        rest, surname = divmod(number, len(SURNAMES))
        second, first = divmod(rest, len(FIRST))
        names.append(SURNAMES[surname] + FIRST[first] + SECOND[second])
    return names


def ordinal(number: int) -> str:
    """1 to 99 in Chinese: 一, 十, 十二, 二十三."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else DIGITS[tens] + "十"
    return head + (DIGITS[ones] if ones or not tens else "")
