"""Words that carry no picture: never listed as not understood."""

ENGLISH = frozenset(
    """a an the and or of in on at by for from to with without into over under behind before after above below near next
    beside between through across around is are be it its this that these those there here as some any all lots lot very
    much more most make makes made draw drawing paint painting show showing create generate please me my we i you your his
    her their our one's which who whose where when while just only also too so not no yes do does can could would should
    like style look looks looking want give have has having up down out off against along during left right front back
    middle center centre mm new view shot scene small big large tiny huge little great tall long high low nice beautiful
    lovely pretty soft bright turn change set put let get them they he she us""".split()
)

CHINESE = frozenset(
    "的地得了着过在和与及或把被让给将为从向对于是有个只座张幅枚头辆艘条棵朵位匹间把们这那其之以用到里中上下"
    "前后左右旁边请画一幅张些成很更最并而且都也还就时分处内外大小低高着来去要想我你他她它吧呢啊吗一"
)
